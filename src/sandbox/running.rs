//! Sandboxes that run in this process: one by itself, or many on threads they share.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use jiff::civil::DateTime;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::automation::{AdvanceError, Period};
use super::clock::{Clock, spelled};
use super::control::Control;
use super::custom_fields::{self, CustomField};
use super::fault::{FaultLog, Faults};
use super::fixture::{Fixture, FixtureError};
use super::image::Image;
use super::requests::{RequestRecord, Requests};
use super::settings::{SandboxError, Settings};
use super::store::{Origin, Store, StoreError, StoreImage};
use super::{api, entities, mail, server};

/// The name of every thread that serves.
const THREAD: &str = "sandbox";

/// A running sandbox; it stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    pub(super) shared: Arc<server::Shared>,
    serving: JoinHandle<()>,
    ended: Mutex<mpsc::Receiver<()>>,
    // Last, so that nothing is served any more when the rest is dropped.
    _runtime: Arc<Runtime>,
}

/// Starts sandboxes on threads that they share, each in memory from an image made once.
#[derive(Debug)]
pub struct Sandboxes {
    runtime: Arc<Runtime>,
    prepared: Mutex<HashMap<Prepared, Arc<StoreImage>>>,
}

/// What the data of a new sandbox depend on, where its clock stands still.
#[derive(Debug, Eq, Hash, PartialEq)]
struct Prepared {
    seed: u64,
    clients: Option<usize>,
    moment: DateTime,
    entities: bool,
}

/// Starts a sandbox on threads of its own; it answers when this returns.
pub fn start(settings: Settings) -> Result<Sandbox, SandboxError> {
    // Bound before the data is made: a taken port should not cost the making of it.
    let listener = listen(settings.listen)?;
    let store = filled(&settings)?;
    serve(settings, listener, store, &Arc::new(runtime()?))
}

/// All data of a database file that no sandbox uses, as a fixture.
pub fn export_file(file: &Path) -> Result<String, StoreError> {
    let origin = Origin {
        seed: 1,
        clients: None,
        clock: Clock::System,
    };
    Store::open_with(Some(file), origin)?.export()
}

impl Sandboxes {
    /// None yet.
    pub fn new() -> Result<Self, SandboxError> {
        Ok(Self {
            runtime: Arc::new(runtime()?),
            prepared: Mutex::default(),
        })
    }

    /// Starts one; with a fixed clock and no file it costs the copying of an image.
    pub fn start(&self, settings: Settings) -> Result<Sandbox, SandboxError> {
        let listener = listen(settings.listen)?;
        let store = match (settings.clock, &settings.db) {
            (Clock::Fixed(moment), None) => self.prepared(&settings, moment)?,
            _ => filled(&settings)?,
        };
        serve(settings, listener, store, &self.runtime)
    }

    /// A store as a new one with those settings is.
    fn prepared(&self, settings: &Settings, moment: DateTime) -> Result<Store, SandboxError> {
        let key = Prepared {
            seed: settings.seed,
            clients: settings
                .fixture
                .as_ref()
                .map_or(settings.clients, |_| Some(0)),
            moment,
            entities: settings.entities,
        };
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = prepared.get(&key) {
            let image = Arc::clone(image);
            // The others need not wait until it is copied.
            drop(prepared);
            return Store::from_image(&image).map_err(|cause| unusable(None, cause));
        }
        let store = filled(settings)?;
        let image = store.image().map_err(|cause| unusable(None, cause))?;
        prepared.insert(key, Arc::new(image));
        Ok(store)
    }
}

fn runtime() -> Result<Runtime, SandboxError> {
    keep_panics_quiet();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREAD)
        .enable_io()
        .enable_time()
        .build()
        .map_err(SandboxError::Threads)
}

fn listen(address: SocketAddr) -> Result<TcpListener, SandboxError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|cause| SandboxError::Listen { address, cause })
}

/// A new store, or the one of a file.
fn filled(settings: &Settings) -> Result<Store, SandboxError> {
    let origin = Origin {
        seed: settings.seed,
        // What a fixture takes the place of need not be made, and stands in no old file.
        clients: settings
            .fixture
            .as_ref()
            .map_or(settings.clients, |_| Some(0)),
        clock: settings.clock,
    };
    let opened = Store::open_with(settings.db.as_deref(), origin).and_then(|store| {
        if settings.entities {
            store.with(entities::keep)?;
        }
        Ok(store)
    });
    opened.map_err(|cause| unusable(settings.db.clone(), cause))
}

fn unusable(db: Option<PathBuf>, cause: StoreError) -> SandboxError {
    SandboxError::Store {
        file: db.unwrap_or_else(|| ":memory:".into()),
        cause,
    }
}

fn serve(
    settings: Settings,
    listener: TcpListener,
    store: Store,
    runtime: &Arc<Runtime>,
) -> Result<Sandbox, SandboxError> {
    let listen_error = |cause: io::Error| SandboxError::Listen {
        address: settings.listen,
        cause,
    };
    let address = listener.local_addr().map_err(listen_error)?;
    let listener = {
        let _entered = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(listen_error)?
    };
    let shared = Arc::new(server::Shared {
        store,
        access: settings.access,
        manner: api::Manner {
            types: settings.types,
            entities: settings.entities,
        },
        requests: Requests::new(settings.record || settings.control.is_some()),
        control: settings
            .control
            .map(|token| Control::new(token, settings.control_from_anywhere)),
        faults: settings.faults.into_plan(settings.seed),
        fault_log: open_fault_log(settings.fault_log)?,
        latency: settings.latency,
        patience: settings.patience,
        calls: AtomicU64::new(0),
        began: Instant::now(),
    });
    if let Some(fixture) = &settings.fixture {
        let loaded = shared.store.load(fixture, settings.entities);
        loaded.map_err(|cause| SandboxError::Fixture {
            fixture: fixture.name(),
            cause,
        })?;
    }
    if let Some(control) = &shared.control {
        let begun = control.begin(&shared.state());
        begun.map_err(|cause| unusable(None, cause))?;
    }
    let (open, ended) = mpsc::channel();
    let serving = Arc::clone(&shared);
    let serving = runtime.spawn(async move {
        // Closed when this is dropped, which says that nobody is served any more.
        let _open: mpsc::Sender<()> = open;
        match server::serve(listener, serving).await {}
    });
    Ok(Sandbox {
        address,
        shared,
        serving,
        ended: ended.into(),
        _runtime: Arc::clone(runtime),
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

    /// What it is now: data, clock, dice, faults and how far they have come, the requests and their count.
    pub fn image(&self) -> Result<Image, StoreError> {
        Image::take(&self.shared.state())
    }

    /// Makes it what it was; only a sandbox in memory can be. What then still waits to be carried out never will be.
    pub fn restore(&self, image: &Image) -> Result<(), StoreError> {
        image.restore(&self.shared.state())
    }

    /// Puts a fixture in the place of all data, or leaves everything as it was.
    ///
    /// What still waits to be carried out never will be.
    pub fn load(&self, fixture: &[u8]) -> Result<(), FixtureError> {
        let fixture = Fixture::read(fixture)?;
        let is_encoded = self.shared.manner.entities;
        self.shared.store.load(&fixture, is_encoded)
    }

    /// All data as a fixture, which loads again as it was.
    pub fn export(&self) -> Result<String, StoreError> {
        self.shared.store.export()
    }

    /// Stops its clock at a moment, or lets the system's go on.
    pub fn set_clock(&self, clock: Clock) {
        self.shared.store.set_clock(clock);
    }

    /// Moves its clock on, with the automation of each day that begins, or leaves everything as it was.
    ///
    /// A clock that ran stands still then.
    pub fn advance(&self, period: Period) -> Result<(), AdvanceError> {
        self.shared.store.advance(period)
    }

    /// Its moment (UTC), `2026-12-01 00:00:00`.
    pub fn now(&self) -> String {
        spelled(self.shared.store.clock().now()).to_string()
    }

    /// Lets other things go wrong, in the place of all that did; their counts begin anew.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.faults.replace(faults);
    }

    /// Lets more go wrong, beside what does already.
    pub fn add_faults(&self, faults: Faults) {
        self.shared.faults.extend(faults);
    }

    /// How many API calls were received so far, answered or not.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// The requests it keeps, the oldest first; none unless its settings say that they are recorded.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.requests.all()
    }

    /// The mails that a server would have sent, the oldest first.
    pub fn emails(&self) -> Result<Vec<mail::EmailRecord>, StoreError> {
        self.shared.store.with(mail::recorded)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.serving.abort();
        // Nothing is ever sent: this ends when serving has.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv();
    }
}
