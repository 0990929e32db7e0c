//! `skip` and `fail`: how a script ends a row before its closure does.

use rhai::{Dynamic, EvalAltResult, ImmutableString, Module, Position};

use crate::script::bulk::state::{self, Ending};
use crate::script::engine::function::{Fallible, function};
use crate::script::raise::Raised;

fn end(ending: Ending, name: &str, instead: &str) -> Fallible<()> {
    if !state::end(ending) {
        let what = format!("`{name}` is for the rows of `bulk`");
        return Err(Raised::new("script", what).hint(instead).into());
    }
    Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into())
}

/// Adds `skip` and `fail`.
pub(crate) fn register(module: &mut Module) {
    function(
        "skip",
        &["why: string", "()"],
        "Ends a row of `bulk` as skipped; a resumed run skips it too.\n```rhai\nlet work = |row| \
         { if row.country != \"DE\" { skip(\"not ours\") } };\n```",
    )
    .set_into_module(module, |why: ImmutableString| {
        let instead = "elsewhere, `continue` skips to the next round of a loop";
        end(Ending::Skip(why.into()), "skip", instead)
    });
    function(
        "fail",
        &["why: string", "()"],
        "Ends a row of `bulk` as failed; the other rows go on.\n```rhai\nlet work = |row| { if \
         row.email == \"\" { fail(\"no email address\") } };\n```",
    )
    .set_into_module(module, |why: ImmutableString| {
        let instead = "elsewhere, `throw \"why\"` raises an error";
        end(Ending::Fail(why.into()), "fail", instead)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::bulk::state::{is_inside, is_over, within};

    #[test]
    fn the_first_word_about_how_a_row_ends_counts() {
        let (result, notes) = within(1, || {
            let first = end(Ending::Skip("a".into()), "skip", "");
            assert!(is_over());
            end(Ending::Fail("b".into()), "fail", "").and(first)
        });
        assert!(!result.unwrap_err().is_catchable());
        assert_eq!(notes.ending, Some(Ending::Skip("a".into())));
        assert!(!is_over() && !is_inside());
    }

    #[test]
    fn a_panic_leaves_no_row_behind() {
        let panicked = std::panic::catch_unwind(|| {
            within(1, || {
                let _ = end(Ending::Skip("a".into()), "skip", "");
                panic!("on purpose")
            })
        });
        assert!(panicked.is_err());
        assert!(!is_over() && !is_inside());
    }
}
