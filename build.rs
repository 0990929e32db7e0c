//! Compiles `catalog/*.toml` into static tables; a bad entry fails the build. The recipes of
//! `scripts/` go into the program as they are.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(
    dead_code,
    reason = "the library uses all of it, the build script a part"
)]
#[path = "src/catalog/host_values.rs"]
mod host_values;
#[allow(
    dead_code,
    reason = "the library uses all of it, the build script a part"
)]
#[path = "src/catalog/kinds.rs"]
mod kinds;
#[path = "src/catalog/names.rs"]
mod names;
#[path = "src/catalog/source/mod.rs"]
mod source;

fn main() {
    println!("cargo::rerun-if-changed=catalog");
    println!("cargo::rerun-if-changed=scripts");
    if let Err(error) = build().and_then(|()| recipes()) {
        println!("cargo::error={error}");
    }
}

fn build() -> Result<(), String> {
    let mut paths: Vec<PathBuf> = fs::read_dir("catalog")
        .map_err(|error| format!("catalog: {error}"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    paths.sort();
    let files: Vec<(String, String)> = paths
        .iter()
        .map(|path| {
            let text =
                fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok((path.display().to_string(), text))
        })
        .collect::<Result<_, String>>()?;
    let sources: Vec<source::Source> = files
        .iter()
        .map(|(path, text)| source::Source { path, text })
        .collect();
    let code = source::compile(&sources)?;
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("catalog.rs"), code)
        .map_err(|error| format!("catalog.rs: {error}"))
}

/// The scripts with what stands beside them, such as their tests, and their data: an array of
/// names and contents.
fn recipes() -> Result<(), String> {
    let mut names = Vec::new();
    for (folder, below) in [("scripts", ""), ("scripts/data", "data/")] {
        let entries = fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))?;
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            let is_script = path.extension().is_some_and(|kind| kind == "rhai");
            if path.is_file() && (is_script || !below.is_empty()) {
                names.push(format!("{below}{name}"));
            }
        }
    }
    names.sort();
    let entries = names.iter().map(|name| {
        let path = format!("/scripts/{name}");
        format!("({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),\n")
    });
    let code = format!("&[\n{}]\n", entries.collect::<String>());
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("recipes.rs"), code)
        .map_err(|error| format!("recipes.rs: {error}"))
}
