//! `args` in a script that declares its arguments: read by their names, and by no other.

use std::sync::Arc;

use rhai::{Array, Dynamic, FuncRegistration, INT, Map, Module, NativeCallContext};

use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::{Fallible, operator};
use crate::script::raise::Raised;

const NAME: &str = "arguments";

/// The arguments by their names.
#[derive(Clone, Debug)]
struct Arguments(Arc<Map>);

/// Those of that map.
pub(super) fn make_args(values: Map) -> Dynamic {
    Dynamic::from(Arguments(Arc::new(values)))
}

impl Arguments {
    fn read(&self, name: &str) -> Result<Dynamic, Raised> {
        self.0.get(name).cloned().ok_or_else(|| {
            let names = self.0.keys().map(rhai::Identifier::as_str);
            Raised::new("value", format!("the script declares no argument `{name}`"))
                .hint(suggestion(name, names))
        })
    }
}

/// Adds the type and the reading of its fields.
pub(crate) fn register(module: &mut Module) {
    module.set_custom_type::<Arguments>(NAME);
    FuncRegistration::new_index_getter()
        .with_volatility(true)
        .set_into_module(
            module,
            |_: NativeCallContext, args: &mut Arguments, name: &str| -> Fallible<Dynamic> {
                Ok(args.read(name)?)
            },
        );
    FuncRegistration::new_index_getter()
        .with_volatility(true)
        .set_into_module(
            module,
            |_: NativeCallContext, args: &mut Arguments, place: INT| -> Fallible<Dynamic> {
                let names: Vec<String> =
                    args.0.keys().map(|name| format!("`args.{name}`")).collect();
                let what = format!("`args[{place}]` in a script that declares its arguments");
                Err(Raised::new("value", what)
                    .hint(format!("use {}", names.join(", ")))
                    .into())
            },
        );
    // Rhai gives every value a property `tag` of its own; an argument goes before it.
    FuncRegistration::new_getter("tag")
        .with_volatility(true)
        .set_into_module(module, |args: &mut Arguments| -> Fallible<Dynamic> {
            Ok(args.read("tag")?)
        });
    operator("contains").set_into_module(module, |args: &mut Arguments, name: &str| {
        args.0.contains_key(name)
    });
    operator("keys").set_into_module(module, |args: &mut Arguments| -> Array {
        args.0.keys().map(|name| name.as_str().into()).collect()
    });
    operator("to_map").set_into_module(module, |args: &mut Arguments| (*args.0).clone());
    for name in ["to_string", "print", "to_debug", "debug"] {
        operator(name).set_into_module(module, |args: &mut Arguments| {
            Dynamic::from_map((*args.0).clone()).to_string()
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    const HEADER: &str = "//! arg months: number = 24\n//! arg fee: money?\n";

    fn with(words: &[&str]) -> TestHost {
        let mut rig = TestHost::new();
        rig.args = words.iter().map(ToString::to_string).collect();
        rig
    }

    #[test]
    fn arguments_are_read_by_their_names_and_are_of_their_kinds() {
        let script = format!(
            "{HEADER}print(args.months + 1); print(args.fee == ()); print(\"fee\" in args);"
        );
        assert_eq!(with(&[]).printed(&script), ["25", "true", "true"]);
        assert_eq!(
            with(&["3", "1.50"]).printed(&script),
            ["4", "false", "true"]
        );
        let within = format!(
            "{HEADER}fn f() {{ args.months }} print(f()); [1].for_each(|| print(args[\"months\"]));"
        );
        assert_eq!(with(&["3"]).printed(&within), ["3", "3"]);
    }

    #[test]
    fn what_is_not_declared_is_refused() {
        let refused = |text: &str| with(&[]).run(&format!("{HEADER}{text}")).unwrap_err();
        let failure = refused("let name = \"month\"; print(args[name]);");
        assert_eq!(failure.what, "the script declares no argument `month`");
        assert!(failure.hint.unwrap().contains("`months`"));
        let failure = refused("let place = 0; print(args[place]);");
        assert!(failure.hint.unwrap().contains("`args.months`"));
    }

    #[test]
    fn arguments_of_another_kind_end_the_script_before_it_begins() {
        let failure = with(&["x"]).run(&format!("{HEADER}print(1);")).unwrap_err();
        assert!(failure.what.contains("must be a number"), "{failure}");
        assert!(failure.what.ends_with("nothing was sent"));
    }

    #[test]
    fn other_scripts_find_their_words_in_order() {
        assert_eq!(
            with(&["a"]).printed("print(args[0]); print(args.len());"),
            ["a", "1"]
        );
    }
}
