//! `whmcsh sandbox export`: all that a sandbox holds, as a fixture on standard output.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cures::way_out;
use crate::command::Terminal;
use crate::error::{Exit, Failure};
use crate::sandbox::{self, StoreError};

/// So long the sandbox may take for its answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which sandbox is meant.
#[derive(Debug)]
pub enum Exported {
    /// A database file that no sandbox uses now.
    File(PathBuf),
    /// One that is running: the address of its control paths, and their token.
    Running {
        /// Such as `http://127.0.0.1:8765/_sandbox`.
        url: String,
        /// The token it printed when it started.
        token: String,
    },
}

/// Prints the fixture.
pub fn export(of: &Exported, terminal: Terminal) -> Result<(), Failure> {
    let fixture = match of {
        Exported::File(file) => of_file(file)?,
        Exported::Running { url, token } => of_running(url, token)?,
    };
    terminal.data(fixture.trim_end());
    Ok(())
}

fn of_file(file: &Path) -> Result<String, Failure> {
    let failed = |cause: &StoreError| {
        let what = format!(
            "the database `{}` cannot be exported: {cause}",
            file.display()
        );
        Failure::usage(what).hint(way_out(cause))
    };
    if !file.exists() {
        return Err(Failure::usage(format!(
            "there is no file `{}`",
            file.display()
        )));
    }
    sandbox::export_file(file).map_err(|cause| failed(&cause))
}

fn of_running(url: &str, token: &str) -> Result<String, Failure> {
    let failed = |error: &io::Error| {
        Failure::new(
            Exit::Server,
            format!("the sandbox at `{url}` cannot be reached: {error}"),
        )
        .hint("start it with `whmcsh sandbox`, which prints its address and token")
    };
    let Some(rest) = url.strip_prefix("http://") else {
        return Err(
            Failure::usage(format!("`{url}` is not the address of a sandbox"))
                .hint("it starts with `http://`, as `whmcsh sandbox` prints it"),
        );
    };
    let host = rest.split('/').next().unwrap_or_default();
    let answer = get(host, token).map_err(|error| failed(&error))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        Some("403") => Err(Failure::new(
            Exit::Server,
            format!("the sandbox at `{url}` refuses the token"),
        )
        .hint("use the token it printed when it started, or was given with `--control`")),
        status => Err(Failure::new(
            Exit::Server,
            format!(
                "what is at `{url}` is not a sandbox: it answered {}",
                status.unwrap_or("nothing")
            ),
        )),
    }
}

/// Asks for the export; the whole answer.
///
/// By hand, for the client speaks the API alone, and this is never sent anywhere else than to a sandbox.
fn get(host: &str, token: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET /_sandbox/export HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
