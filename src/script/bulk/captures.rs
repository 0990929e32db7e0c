//! Copies of what a closure captured, so that every worker has its own.
//!
//! Rhai shares a captured variable between the closure and the script behind a
//! lock that it does not wait for: two workers reading the same map would fail
//! with a data race, or sleep. So each worker gets a copy, and because a change
//! of the copy would be lost, the copy is read-only.

use rhai::{Array, Dynamic, FnPtr, GlobalRuntimeState, Map, Module, Shared};

use crate::script::raise::Raised;
use crate::script::value::record::Record;

/// The closure with copies of all it captured; once for each worker.
///
/// # Errors
///
/// A captured variable is in use by the very call that would copy it, as in
/// `items.bulk(|row| items.len())`.
pub(crate) fn detached(closure: &FnPtr) -> Result<FnPtr, Raised> {
    let mut closure = closure.clone();
    for captured in closure.iter_curry_mut() {
        let copy = copied(captured)?;
        // Read-only first: the other way round Rhai does not enforce it. What is
        // no data of the script's, such as a connection, is not locked while it is used.
        *captured = if captured.is_shared() && is_data(&copy) {
            copy.into_read_only().into_shared()
        } else {
            copy
        };
    }
    Ok(closure)
}

/// The state of a script in which the closure can be called, and what it calls is
/// looked for first where it was made: a closure made in an imported module is
/// unknown outside it, and one handed to a module would call that module's
/// functions in place of its own.
pub(crate) fn reachable(global: &GlobalRuntimeState, closure: &FnPtr) -> GlobalRuntimeState {
    let mut global = global.clone();
    let has = |module: &Module| {
        let mut functions = module.iter_script_fn_info();
        functions.any(|(_, _, name, ..)| name == closure.fn_name())
    };
    if !closure.is_anonymous() {
        return global;
    }
    let home = if let Some(place) = global.lib.iter().position(|module| has(module)) {
        Some(global.lib.remove(place))
    } else {
        let found = global.iter_imports_raw().find(|(_, module)| has(module));
        found.map(|(_, module)| Shared::clone(module))
    };
    // Rhai looks at the last first.
    global.lib.extend(home);
    global
}

/// A value that shares nothing with the script, at any depth.
pub(crate) fn copied(value: &Dynamic) -> Result<Dynamic, Raised> {
    let value = value.read_lock::<Dynamic>().ok_or_else(in_use)?;
    Ok(if let Some(items) = value.read_lock::<Array>() {
        let items = items.iter().map(copied).collect::<Result<Array, _>>();
        Dynamic::from_array(items?)
    } else if let Some(map) = value.read_lock::<Map>() {
        Dynamic::from_map(copied_fields(&map)?)
    } else if let Some(record) = value.read_lock::<Record>() {
        Dynamic::from(record.with(copied_fields(record.fields())?))
    } else if let Some(closure) = value.read_lock::<FnPtr>() {
        detached(&closure)?.into()
    } else {
        value.clone()
    })
}

fn copied_fields(fields: &Map) -> Result<Map, Raised> {
    let entry = |(key, value): (&rhai::Identifier, &Dynamic)| Ok((key.clone(), copied(value)?));
    fields.iter().map(entry).collect()
}

/// Whether it is one of the language's own values, and not one of our handles.
fn is_data(value: &Dynamic) -> bool {
    !value.is_variant()
}

fn in_use() -> Raised {
    Raised::new(
        "script",
        "a variable that the rows use is locked by the call of the loop",
    )
    .hint("write `bulk(rows, |row| …)`, not `rows.bulk(|row| …)`")
}

#[cfg(test)]
mod tests {
    use rhai::Engine;

    use super::*;

    fn closure(script: &str) -> FnPtr {
        Engine::new().eval(script).unwrap()
    }

    fn captured(closure: &FnPtr) -> Dynamic {
        closure.curry()[0].clone()
    }

    #[test]
    fn a_copy_shares_nothing_with_the_original() {
        let original = closure("let m = #{ list: [1, #{ n: 2 }] }; let f = |x| m.len() + x; f");
        let copy = detached(&original).unwrap();
        assert!(captured(&original).is_shared());
        *captured(&original).write_lock::<Dynamic>().unwrap() = 7.into();
        assert!(captured(&copy).is_map());
    }

    #[test]
    fn a_copy_cannot_be_changed() {
        for value in ["1", "\"text\"", "[1]", "#{ a: 1 }"] {
            let copy = detached(&closure(&format!("let v = {value}; |x| v"))).unwrap();
            assert!(captured(&copy).is_read_only(), "{value}");
        }
    }

    #[test]
    fn what_captured_closures_captured_is_copied_too() {
        let original = closure("let n = 1; let f = |x| n + x; let g = |x| f.call(x); g");
        let copy = detached(&original).unwrap();
        let inner: FnPtr = captured(&copy).flatten().cast();
        let original: FnPtr = captured(&original).flatten().cast();
        *captured(&original).write_lock::<Dynamic>().unwrap() = 7.into();
        assert_eq!(captured(&inner).as_int(), Ok(1));
        assert!(captured(&inner).is_read_only());
    }

    #[test]
    fn a_variable_that_is_locked_is_an_error_and_no_panic() {
        let original = closure("let m = #{ a: 1 }; |x| m");
        let shared = captured(&original);
        let mut holder = shared.clone();
        let _held = holder.write_lock::<Map>().unwrap();
        assert!(detached(&original).is_err());
    }
}
