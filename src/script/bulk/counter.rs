//! `counter()`: a number that the rows of a bulk loop can add to.
//!
//! It is the one thing rows share: what else a closure would change outside
//! itself is refused, because rows run at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rhai::Module;

use crate::script::engine::function::{function, operator, property};

/// A shared number; clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<AtomicI64>);

impl Counter {
    fn add(&self, number: i64) {
        // Wraps beyond 2^63, which nothing that is counted reaches.
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Adds `counter` and its methods.
pub(crate) fn register(module: &mut Module) {
    module.set_custom_type::<Counter>("counter");
    function(
        "counter",
        &["counter"],
        "A number from 0 that all rows of a `bulk` can add to.\n\
         ```rhai\n\
         let vip = counter();\n\
         for name in [\"jo\", \"flo\"] { vip.add(1) }\n\
         print(vip.value)\n\
         ```",
    )
    .set_into_module(module, Counter::default);
    function(
        "add",
        &["counter: counter", "number: int", "()"],
        "Adds to a counter; a negative number subtracts.\n```rhai\nlet services = \
         counter();\nservices.add(3);\n```",
    )
    .set_into_module(module, |counter: &mut Counter, number: i64| {
        counter.add(number);
    });
    property(
        "value",
        &["counter: counter", "int"],
        "The value of a counter.\n```rhai\nprint(counter().value)\n```",
    )
    .set_into_module(module, |counter: &mut Counter| counter.value());
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |counter: &mut Counter| counter.value().to_string());
    }
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn copies_of_a_counter_count_together() {
        let printed = TestHost::new().printed(
            "let n = counter(); let copy = n; const K = n; n.add(2); copy.add(-5); K.add(1); \
             print(n.value); print(`${copy} ${K.value}`);",
        );
        assert_eq!(printed, ["-2", "-2 -2"]);
    }
}
