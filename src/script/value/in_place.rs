//! Functions of Rhai's library that change what they are called on, and give it back too.
//!
//! In Rhai they give `()`: `city: row.city.replace("Koeln", "Köln")` sent no city at all.
//! What a loop does for every item, such as `push`, stays as it is, since giving the whole
//! array each time would take as long as the array is; used as a value it is refused before
//! the script runs (`check/unused`).

use std::any::TypeId;
use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

use rhai::packages::{Package as _, StandardPackage};
use rhai::{
    Array, Blob, Dynamic, Engine, FnPtr, FuncRegistration, INT, ImmutableString, Map, Module,
    NativeCallContext, RhaiFunc, Shared,
};

use crate::script::engine::memory;

/// Functions that go on giving nothing.
pub(crate) const NOTHING: [&str; 5] = ["append", "for_each", "insert", "push", "set"];

/// A kind of value as Rhai knows it, and as signatures name it.
type Kind = (TypeId, &'static str);

/// What the functions take besides what they change: names and kinds.
type Others = Vec<(&'static str, Kind)>;

fn kind<T: 'static>(name: &'static str) -> Kind {
    (TypeId::of::<T>(), name)
}

/// The functions that are left to Rhai, with what they are called on and what else they take.
fn functions() -> Vec<(&'static str, Kind, Others)> {
    let text = kind::<ImmutableString>("string");
    let (array, blob, map) = (
        kind::<Array>("array"),
        kind::<Blob>("blob"),
        kind::<Map>("map"),
    );
    let (int, letter, any) = (
        kind::<INT>("int"),
        kind::<char>("char"),
        kind::<Dynamic>("?"),
    );
    let range = kind::<Range<INT>>("range");
    let whole = kind::<RangeInclusive<INT>>("range");
    let mut found = vec![
        ("crop", text, vec![("start", int), ("len", int)]),
        ("crop", text, vec![("start", int)]),
        ("crop", text, vec![("range", range)]),
        ("crop", text, vec![("range", whole)]),
        ("pad", text, vec![("len", int), ("character", letter)]),
        ("pad", text, vec![("len", int), ("padding", text)]),
        ("set", text, vec![("index", int), ("character", letter)]),
        ("clear", text, vec![]),
        ("truncate", text, vec![("len", int)]),
        ("make_upper", letter, vec![]),
        ("make_lower", letter, vec![]),
        ("dedup", array, vec![]),
        (
            "dedup",
            array,
            vec![("comparer", kind::<FnPtr>("function"))],
        ),
        ("dedup", array, vec![("comparer", text)]),
        ("sort", array, vec![("comparer", text)]),
        ("pad", array, vec![("len", int), ("item", any)]),
        ("pad", blob, vec![("len", int), ("value", int)]),
        ("mixin", map, vec![("map2", map)]),
        ("fill_with", map, vec![("map2", map)]),
        ("clear", map, vec![]),
    ];
    for list in [array, blob] {
        for name in ["clear", "reverse"] {
            found.push((name, list, vec![]));
        }
        for name in ["truncate", "chop"] {
            found.push((name, list, vec![("len", int)]));
        }
        let replace = ("replace", list);
        found.push(("splice", list, vec![("range", range), replace]));
        found.push(("splice", list, vec![("range", whole), replace]));
        found.push(("splice", list, vec![("start", int), ("len", int), replace]));
    }
    for (name, value) in [
        ("write_le", int),
        ("write_be", int),
        ("write_le", kind::<f64>("float")),
        ("write_be", kind::<f64>("float")),
        ("write_utf8", text),
        ("write_ascii", text),
    ] {
        let value = ("value", value);
        found.push((name, blob, vec![("range", range), value]));
        found.push((name, blob, vec![("range", whole), value]));
        found.push((name, blob, vec![("start", int), ("len", int), value]));
    }
    found
}

/// Adds the functions, under the names Rhai has them.
pub(crate) fn register(module: &mut Module) {
    for (name, of, others) in functions() {
        let own = format!("{0}: {0}", of.1);
        let told = others
            .iter()
            .map(|(name, kind)| format!("{name}: {}", kind.1));
        let told: Vec<String> = [own].into_iter().chain(told).chain([of.1.into()]).collect();
        let kinds = others.iter().map(|(_, kind)| kind.0);
        let kinds: Vec<TypeId> = [of.0].into_iter().chain(kinds).collect();
        FuncRegistration::new(name)
            .with_params_info(told)
            .set_into_module_raw(module, kinds, given_back(name));
    }
    register_of_text(module);
}

/// Rhai's function of that name, which gives back what it changed.
fn given_back(name: &'static str) -> RhaiFunc {
    let call = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
        let Some(context) = context else {
            unreachable!("the function is registered with a context")
        };
        if name == "pad" {
            memory::need(padded(args))?;
        }
        let plain = NativeCallContext::new_with_all_fields(
            &PLAIN,
            name,
            context.call_source(),
            context.global_runtime_state(),
            context.call_position(),
        );
        let _ = plain.call_native_fn_raw(name, true, args)?;
        Ok(args[0].flatten_clone())
    };
    RhaiFunc::Method {
        func: Shared::new(call),
        has_context: true,
        is_pure: false,
        is_volatile: true,
    }
}

/// How many bytes a text, an array or a blob takes that is padded to a length.
fn padded(args: &[&mut Dynamic]) -> u64 {
    let length = args[1]
        .as_int()
        .map_or(0, |length| u64::try_from(length).unwrap_or_default());
    let unit = if args[0].is_array() {
        memory::VALUE
    } else if let Ok(letter) = args[2].as_char() {
        letter.len_utf8() as u64
    } else {
        // A text that is put there again and again has a byte a letter at least.
        1
    };
    length.saturating_mul(unit)
}

/// Rhai's library as it is.
static PLAIN: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new_raw();
    engine.register_global_module(StandardPackage::new().as_shared_module());
    engine
});

/// Adds what is used most, and is not worth the way through Rhai's own.
fn register_of_text(module: &mut Module) {
    let own = "string: string";
    let method = |name: &str, others: &[&str]| {
        let told = [own].into_iter().chain(others.iter().copied());
        FuncRegistration::new(name)
            .with_params_info(told.chain(["string"]).collect::<Vec<_>>())
            .with_purity(false)
            .with_volatility(true)
    };
    method("trim", &[]).set_into_module(module, |text: &mut ImmutableString| {
        let trimmed = text.trim();
        if trimmed.len() < text.len() {
            *text = trimmed.into();
        }
        text.clone()
    });
    method("make_upper", &[]).set_into_module(module, |text: &mut ImmutableString| {
        changed(text, text.to_uppercase())
    });
    method("make_lower", &[]).set_into_module(module, |text: &mut ImmutableString| {
        changed(text, text.to_lowercase())
    });
    method("remove", &["sub_string: string"])
        .set_into_module(module, |text: &mut ImmutableString, part: &str| {
            changed(text, text.replace(part, ""))
        });
    method("remove", &["character: char"])
        .set_into_module(module, |text: &mut ImmutableString, letter: char| {
            changed(text, text.replace(letter, ""))
        });
    register_replace(module, &method);
}

fn register_replace(module: &mut Module, method: &impl Fn(&str, &[&str]) -> FuncRegistration) {
    let replace = |find: &str, put: &str| method("replace", &[find, put]);
    let (text, letter) = ("find_string: string", "find_character: char");
    let (put_text, put_letter) = ("substitute_string: string", "substitute_character: char");
    replace(text, put_text).set_into_module(
        module,
        |own: &mut ImmutableString, find: &str, put: &str| changed(own, own.replace(find, put)),
    );
    replace(text, put_letter).set_into_module(
        module,
        |own: &mut ImmutableString, find: &str, put: char| {
            changed(own, own.replace(find, put.encode_utf8(&mut [0; 4])))
        },
    );
    replace(letter, put_text).set_into_module(
        module,
        |own: &mut ImmutableString, find: char, put: &str| changed(own, own.replace(find, put)),
    );
    replace(letter, put_letter).set_into_module(
        module,
        |own: &mut ImmutableString, find: char, put: char| {
            changed(own, own.replace(find, put.encode_utf8(&mut [0; 4])))
        },
    );
}

fn changed(text: &mut ImmutableString, now: String) -> ImmutableString {
    *text = now.into();
    text.clone()
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;
    use std::collections::BTreeSet;

    use super::{NOTHING, functions, kind};
    use crate::script::library;
    use crate::script::test_host::TestHost;

    fn value(expression: &str) -> String {
        TestHost::new().value(expression)
    }

    #[test]
    fn what_is_changed_in_place_is_given_too() {
        for (expression, expected) in [
            ("\"Koeln\".replace(\"oe\", \"ö\")", "Köln"),
            ("\"a-b\".replace('-', \"+\")", "a+b"),
            ("\"a-b\".replace(\"-\", '+')", "a+b"),
            ("\"a-b\".replace('-', '+')", "a+b"),
            ("\"  ann \".trim()", "ann"),
            ("\"de\".make_upper() + \"DE\".make_lower()", "DEde"),
            ("\"abcabc\".remove(\"b\") + \"abc\".remove('a')", "acacbc"),
            (
                "\"abcdef\".truncate(2) + \"abcdef\".crop(1, 2) + \"abc\".crop(1..2)",
                "abbcb",
            ),
            ("\"7\".pad(3, '0') + \"a\".pad(3, \"-\")", "700a--"),
            ("[3, 1, 2].sort()", "[1, 2, 3]"),
            ("[3, 1, 2].sort(|a, b| b - a)", "[3, 2, 1]"),
            ("[3, 1, 2].sort_desc()", "[3, 2, 1]"),
            ("[1, 2].reverse()", "[2, 1]"),
            ("[1, 1, 2].dedup()", "[1, 2]"),
            ("[1, 2, 3].truncate(1)", "[1]"),
            ("[1, 2, 3].chop(1)", "[3]"),
            ("[1, 2, 3].splice(0, 1, [7, 8])", "[7, 8, 2, 3]"),
            ("[1, 2, 3].splice(0..=1, [])", "[3]"),
            ("[1].pad(3, 0)", "[1, 0, 0]"),
            ("#{ a: 1 }.mixin(#{ b: 2 })", "#{\"a\": 1, \"b\": 2}"),
            (
                "#{ a: 1 }.fill_with(#{ a: 3, b: 2 })",
                "#{\"a\": 1, \"b\": 2}",
            ),
        ] {
            assert_eq!(value(expression), expected, "{expression}");
        }
    }

    #[test]
    fn it_is_changed_in_place_as_ever() {
        assert_eq!(
            value("{ let t = \"Dear {name} \"; t.replace(\"{name}\", \"Ann\"); t.trim(); t }"),
            "Dear Ann"
        );
        assert_eq!(
            value("{ let a = [2, 1]; let b = a.sort(); b.push(3); [a, b] }"),
            "[[1, 2], [1, 2, 3]]"
        );
        assert_eq!(value("{ let m = #{ t: \" x \" }; m.t.trim(); m.t }"), "x");
        assert_eq!(value("{ let a = [3, 1]; a.truncate(1); a }"), "[3]");
        let failure = TestHost::new().failure("const T = \"a\"; T.make_upper();");
        assert!(failure.contains("constant"), "{failure}");
    }

    #[test]
    fn what_gives_something_already_stays() {
        assert_eq!(
            value(
                "[[1, 2, 3].drain(0..1), [1, 2].remove(0), #{ a: 1 }.remove(\"a\"), [1, 2].pop()]"
            ),
            "[[1], 1, 1, 2]"
        );
    }

    #[test]
    fn no_function_of_the_library_that_changes_something_is_forgotten() {
        let changeable: Vec<TypeId> = [
            kind::<rhai::ImmutableString>(""),
            kind::<rhai::Array>(""),
            kind::<rhai::Blob>(""),
            kind::<rhai::Map>(""),
            kind::<char>(""),
        ]
        .map(|kind| kind.0)
        .to_vec();
        let ours: BTreeSet<(String, Vec<TypeId>)> = functions()
            .into_iter()
            .map(|(name, of, others)| {
                let kinds = others.iter().map(|(_, kind)| kind.0);
                (name.to_owned(), [of.0].into_iter().chain(kinds).collect())
            })
            .collect();
        let by_hand = [
            "trim",
            "make_upper",
            "make_lower",
            "remove",
            "replace",
            "sort",
            "sort_by",
            "sort_desc",
        ];
        let engine = super::PLAIN.collect_fn_metadata(
            None,
            |function| {
                let metadata = function.metadata;
                let is_one = metadata
                    .param_types
                    .first()
                    .is_some_and(|kind| changeable.contains(kind))
                    && metadata.return_type.contains("()")
                    && metadata.name.starts_with(char::is_alphabetic);
                is_one.then(|| (metadata.name.to_string(), metadata.param_types.to_vec()))
            },
            true,
        );
        assert!(engine.len() > 40, "only {} were found", engine.len());
        for (name, kinds) in engine {
            let is_left = NOTHING.contains(&name.as_str()) || by_hand.contains(&name.as_str());
            assert!(
                is_left || ours.contains(&(name.clone(), kinds.clone())),
                "{name} {kinds:?}"
            );
        }
        let _ = library::factory(TestHost::new().host());
    }
}
