//! A stateful look-alike of a WHMCS server, in this process, over real HTTP.
//!
//! It stands on the catalog alone: its decoders and encoders are its own, so that
//! a mistake in the client's cannot pass here too. It keeps its state in `SQLite`,
//! in memory or in a file. It never sends mail, charges a card or talks to any other host.

mod actions;
mod addon_modules;
mod api;
mod auth;
mod body;
mod call;
mod changes;
mod checks;
mod clock;
mod config_options;
mod control;
mod countries;
mod credit;
mod custom_fields;
mod cycle;
mod db;
mod db_file;
mod dice;
mod encode;
mod entities;
mod fault;
mod form;
mod gateway;
mod generate;
mod group_discount;
mod history;
mod image;
mod invoice;
mod invoice_number;
mod lands;
mod list;
mod localised;
mod mail;
mod merge_fields;
mod modules;
mod money;
mod multipart;
mod password;
mod php;
mod pricing;
mod promotion;
mod provision;
mod queue;
mod refusal;
mod registrar;
mod replies;
mod reply;
mod seed;
mod server;
mod settlement;
mod store;
#[cfg(test)]
mod testing;
mod tree;
mod version;
mod xml;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::panic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use control::Control;
use fault::FaultLog;

pub use auth::Access;
pub use clock::{Clock, ClockError};
pub use custom_fields::CustomField;
pub use db_file::DbFileError;
pub use fault::{FaultError, Faults, HELP as FAULT_HELP};
pub use image::Image;
pub use replies::Types;
pub use store::StoreError;

/// The name of every thread that serves.
const THREAD: &str = "sandbox";

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
    /// What opens the paths by which tests move the clock and restore images; none are there without it.
    pub control: Option<String>,
    /// Whether it keeps texts encoded for HTML.
    pub entities: bool,
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
            control: None,
            entities: false,
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

/// A running sandbox; it stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<server::Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a sandbox on threads of its own; it answers when this returns.
pub fn start(settings: Settings) -> Result<Sandbox, SandboxError> {
    let listen_error = |cause| SandboxError::Listen {
        address: settings.listen,
        cause,
    };
    // Bound before the data is made: a taken port should not cost the making of it.
    let listener = std::net::TcpListener::bind(settings.listen).map_err(listen_error)?;
    listener.set_nonblocking(true).map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let fault_log = open_fault_log(settings.fault_log)?;
    let origin = store::Origin {
        seed: settings.seed,
        clients: settings.clients,
        clock: settings.clock,
    };
    let store = store::Store::open_with(settings.db.as_deref(), origin)
        .and_then(|store| {
            if settings.entities {
                store.with(entities::keep)?;
            }
            Ok(store)
        })
        .map_err(|cause| SandboxError::Store {
            file: settings.db.unwrap_or_else(|| ":memory:".into()),
            cause,
        })?;
    let shared = Arc::new(server::Shared {
        store,
        access: settings.access,
        manner: api::Manner {
            types: settings.types,
            entities: settings.entities,
        },
        control: settings.control.map(Control::new),
        faults: settings.faults.into_plan(settings.seed),
        fault_log,
        latency: settings.latency,
        patience: settings.patience,
        calls: AtomicU64::new(0),
        began: Instant::now(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREAD)
        .enable_io()
        .enable_time()
        .build()
        .map_err(SandboxError::Threads)?;
    let (stop, stopped) = oneshot::channel();
    let listener = {
        let _entered = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(listen_error)?
    };
    let serving = Arc::clone(&shared);
    keep_panics_quiet();
    let thread = thread::Builder::new()
        .name(THREAD.into())
        .spawn(move || run(&runtime, listener, serving, stopped))
        .map_err(SandboxError::Threads)?;
    Ok(Sandbox {
        address,
        shared,
        stop: Some(stop),
        thread: Some(thread),
    })
}

fn open_fault_log(file: Option<PathBuf>) -> Result<Option<FaultLog>, SandboxError> {
    let open = |file: PathBuf| {
        FaultLog::open(&file).map_err(|cause| SandboxError::FaultLog { file, cause })
    };
    file.map(open).transpose()
}

/// Leaves the telling of a panic in a call to the reply, for the sandbox never prints.
fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(THREAD) {
                others(panic);
            }
        }));
    });
}

fn run(
    runtime: &Runtime,
    listener: tokio::net::TcpListener,
    shared: Arc<server::Shared>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        tokio::select! {
            never = server::serve(listener, shared) => match never {},
            // A sender dropped without a word means the same.
            _ = stopped => {}
        }
    });
}

impl Sandbox {
    /// The address of the server, such as `http://127.0.0.1:8765`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The custom fields there are, by number.
    pub fn custom_fields(&self) -> Result<Vec<CustomField>, StoreError> {
        self.shared.store.with(custom_fields::all)
    }

    /// Adds a custom field that every client has; gives its number.
    pub fn add_client_field(&self, label: &str) -> Result<NonZeroU32, StoreError> {
        self.shared
            .store
            .with(|db| custom_fields::add_to_clients(db, label))
    }

    /// What it is now: data, clock, dice, how far its faults have come, and the count of calls.
    pub fn image(&self) -> Result<Image, StoreError> {
        Image::take(&self.shared.state())
    }

    /// Makes it what it was; only a sandbox in memory can be. What then still waits to be carried out never will be.
    pub fn restore(&self, image: &Image) -> Result<(), StoreError> {
        image.restore(&self.shared.state())
    }

    /// Stops its clock at a moment, or lets the system's go on.
    pub fn set_clock(&self, clock: Clock) {
        self.shared.store.set_clock(clock);
    }

    /// How many API calls were received so far, answered or not.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Nobody listens any more when the thread has ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // Joined, so that the database file is closed when this returns.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
