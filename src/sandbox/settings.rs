//! How a sandbox is to behave, and why it cannot start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::auth::Access;
use super::clock::Clock;
use super::fault::Faults;
use super::fixture::{Fixture, FixtureError};
use super::replies::Types;
use super::store::StoreError;

/// How a sandbox is to behave.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The database file; memory when there is none.
    pub db: Option<PathBuf>,
    /// How many clients there are; the usual handful when nothing is said.
    pub clients: Option<usize>,
    /// The seed of demo data, identifiers and faults.
    pub seed: u64,
    /// What time it is for the data, the actions and the head of each reply.
    pub clock: Clock,
    /// How long every call takes at least.
    pub latency: Duration,
    /// How long the head of a request, and then its body, may take to arrive.
    pub patience: Duration,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// Where each fault that struck is written down.
    pub fault_log: Option<PathBuf>,
    /// Credentials, address list and role.
    pub access: Access,
    /// How numbers are sent.
    pub types: Types,
    /// What it begins with in the place of demo data.
    pub fixture: Option<Fixture>,
    /// What opens the paths by which tests have it in their hands; none are there without it.
    pub control: Option<String>,
    /// Whether other machines may use those paths too.
    pub control_from_anywhere: bool,
    /// Whether it keeps texts encoded for HTML.
    pub entities: bool,
    /// Whether it keeps a record of the requests; with `control` it always does.
    pub record: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            db: None,
            clients: None,
            seed: 1,
            clock: Clock::System,
            latency: Duration::ZERO,
            patience: Duration::from_secs(20),
            faults: Faults::default(),
            fault_log: None,
            access: Access::default(),
            types: Types::default(),
            fixture: None,
            control: None,
            control_from_anywhere: false,
            entities: false,
            record: false,
        }
    }
}

/// A sandbox that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address cannot be listened on.
    #[error("the sandbox cannot listen on `{address}`: {cause}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        cause: io::Error,
    },
    /// The database cannot be opened or filled.
    #[error("the sandbox cannot use the database `{}`: {cause}", file.display())]
    Store {
        /// The file asked for; `:memory:` when there is none.
        file: PathBuf,
        /// What is wrong with it.
        cause: StoreError,
    },
    /// The fixture it was to begin with is refused.
    #[error("the sandbox cannot begin with {fixture}: {cause}")]
    Fixture {
        /// What it is called.
        fixture: String,
        /// What is wrong with it.
        cause: FixtureError,
    },
    /// The file for what goes wrong cannot be written.
    #[error("the sandbox cannot write to `{}`: {cause}", file.display())]
    FaultLog {
        /// The file asked for.
        file: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// The system gives no thread.
    #[error("the sandbox cannot start its threads: {0}")]
    Threads(io::Error),
}
