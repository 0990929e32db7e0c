//! Values that come one by one, as they are asked for, and only once.

use std::any::TypeId;

use rhai::{Array, Dynamic, Module, Variant};

use crate::script::engine::function::{Fallible, function, operator};
use crate::script::raise::Raised;

/// Something a script loops over once; clones read the same one.
pub(crate) trait Lazy: Variant + Clone {
    /// What a script knows it as.
    const KIND: &'static str;
    /// What one of what it gives is called.
    const ITEM: &'static str;
    /// An example of all of it being kept.
    const KEPT: &'static str;

    /// The next, `None` after the last.
    fn take(&self) -> Option<Fallible<Dynamic>>;

    /// Begins the one loop there may be.
    ///
    /// # Errors
    ///
    /// There was one already.
    fn claim(&self) -> Result<(), Raised>;

    /// What it is, for who prints it.
    fn describe(&self) -> String;
}

/// Loops over it, if no loop did before: a second would be silently empty.
pub(crate) fn iterate<L: Lazy>(list: L) -> Box<dyn Iterator<Item = Fallible<Dynamic>> + Send> {
    match list.claim() {
        Ok(()) => Box::new(std::iter::from_fn(move || list.take())),
        Err(raised) => Box::new(std::iter::once(Err(raised.into()))),
    }
}

/// Adds the type and what can be done with it.
pub(crate) fn register<L: Lazy>(module: &mut Module) {
    module.set_custom_type::<L>(L::KIND);
    module.set_iter_result(TypeId::of::<L>(), |list| iterate(list.cast::<L>()));
    let this = format!("{}: {}", L::KIND, L::KIND);
    let method = |name: &str, result: &str, about: &str| function(name, &[&this, result], about);
    let item = L::ITEM;
    let about = format!("Takes the next {item}; `()` after the last.");
    let result = if item == "record" { "map" } else { "?" };
    method("next", result, &about).set_into_module(module, |list: &mut L| {
        list.take().unwrap_or(Ok(Dynamic::UNIT))
    });
    let about = format!(
        "Takes the remaining {item}s into an array.\n```rhai\n{}\n```",
        L::KEPT
    );
    method("to_array", "array", &about).set_into_module(module, |list: &mut L| {
        iterate(list.clone()).collect::<Fallible<Array>>()
    });
    let about = format!("Takes the remaining {item}s and counts them.");
    method("count", "int", &about).set_into_module(module, |list: &mut L| -> Fallible<i64> {
        let mut count = 0;
        for item in iterate(list.clone()) {
            let _ = item?;
            count += 1;
        }
        Ok(count)
    });
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |list: &mut L| list.describe());
    }
}
