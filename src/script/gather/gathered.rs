//! What `gather` gives a script: values that are read while it loops over them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Dynamic, EvalAltResult, Module};

use crate::catalog::Action;
use crate::run::bulk::Panicked;
use crate::run::bulk::gather::Gather;
use crate::run::resume::DoneBefore;
use crate::script::api::lazy::{self, Lazy};
use crate::script::engine::function::Fallible;
use crate::script::raise::Raised;
use crate::secrets::{self, Held};

/// The name of the function.
pub(crate) const NAME: &str = "gather";

/// What is read, value by value; clones read the same.
#[derive(Clone)]
pub(crate) struct Gathered(Arc<Gathering>);

/// Where what is gathered comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GatherSource {
    /// The list of the server that it goes through, if it is one.
    pub list: Option<&'static Action>,
    /// The first of its rows that an earlier run's file says was begun: what is made of them
    /// does not say so any more.
    pub begun: Option<DoneBefore>,
}

struct Gathering {
    /// Each with the secrets its reader knew by then.
    values: Mutex<Gather<(Dynamic, Held), Box<EvalAltResult>>>,
    is_looped: AtomicBool,
    source: GatherSource,
}

impl Gathered {
    /// What comes of those reads.
    pub(super) fn new(
        values: Gather<(Dynamic, Held), Box<EvalAltResult>>,
        source: GatherSource,
    ) -> Self {
        Self(Arc::new(Gathering {
            values: Mutex::new(values),
            is_looped: AtomicBool::new(false),
            source,
        }))
    }

    /// Where it comes from.
    pub(crate) fn source(&self) -> GatherSource {
        self.0.source
    }

    /// The list of the server that it goes through, if it is one.
    pub(crate) fn list(&self) -> Option<&'static Action> {
        self.0.source.list
    }
}

impl From<Panicked> for Box<EvalAltResult> {
    fn from(panicked: Panicked) -> Self {
        Raised::defect(format!("`{NAME}` made whmcsh panic: {}", panicked.0)).into()
    }
}

impl Lazy for Gathered {
    const KIND: &'static str = "gathered";
    const ITEM: &'static str = "value";
    const KEPT: &'static str =
        "let orders = gather([1, 2], |id| get_orders(#{ userid: id })).to_array();";

    fn take(&self) -> Option<Fallible<Dynamic>> {
        let mut values = self.0.values.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, secrets) = match values.next()? {
            Ok(read) => read,
            Err(error) => return Some(Err(error)),
        };
        secrets::hold_all(&secrets);
        Some(Ok(value))
    }

    fn claim(&self) -> Result<(), Raised> {
        if !self.0.is_looped.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let what = "these values of `gather` were looped over before";
        Err(Raised::new("list", what).hint("keep it with `gather(…).to_array()`"))
    }

    fn describe(&self) -> String {
        "values of `gather`".to_owned()
    }
}

/// Adds the type that `gather` gives.
pub(crate) fn register(module: &mut Module) {
    lazy::register::<Gathered>(module);
}
