//! Compiles `catalog/*.toml` into static tables; a bad entry fails the build.

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
    if let Err(error) = build() {
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
