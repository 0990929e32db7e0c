//! The doorway: everything is in the library.

fn main() -> std::process::ExitCode {
    whmcsh::cli::main()
}
