//! `exit` and `sleep`, in place of Rhai's own.

use std::sync::Arc;
use std::time::Duration;

use rhai::{Dynamic, EvalAltResult, Module, Position};

use crate::script::bulk::state::is_inside;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, operator};
use crate::script::engine::next_step;
use crate::script::host::Host;
use crate::script::raise::Raised;

/// Marks a script that ended itself with its work done.
#[derive(Clone, Debug)]
pub(crate) struct EndedItself;

/// How a script ended: well, if it ended itself with its work done.
pub(crate) fn unless_ended<T: Default>(
    result: Result<T, Box<EvalAltResult>>,
) -> Result<T, Box<EvalAltResult>> {
    result.or_else(|error| match error.unwrap_inner() {
        EvalAltResult::Exit(..) => Ok(T::default()),
        EvalAltResult::ErrorTerminated(mark, _) if mark.is::<EndedItself>() => Ok(T::default()),
        _ => Err(error),
    })
}

/// Adds `exit(code)` and `sleep`: Rhai's own drop the code, end a row as if it were done,
/// and sleep through Ctrl-C.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let napping = Arc::clone(host);
    let sleep = move |seconds: f64| -> Fallible<()> {
        // Nothing happens in a plan that would be worth waiting for.
        let seconds = napping.run.plan().map_or(seconds, |_| 0.0);
        let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        if napping.cancel.sleep(time) {
            return Ok(());
        }
        Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into())
    };
    let whole = sleep.clone();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a nap of so many seconds need not be exact"
    )]
    operator("sleep").set_into_module(module, move |seconds: i64| whole(seconds as f64));
    operator("sleep").set_into_module(module, sleep);
    let ending = Arc::clone(host);
    let exit = move |code: i64| -> Fallible<()> {
        let Ok(code) = u8::try_from(code) else {
            let raised = Raised::new("script", format!("`{code}` cannot be an exit code"));
            return Err(raised.hint("use a number from 0 to 255").into());
        };
        // A row that ends the script leaves others, so that its code is none of a script that
        // has done its work.
        let is_done = code == 0 || !is_inside() && ending.output.exit(code);
        let mark = if is_done {
            Dynamic::from(EndedItself)
        } else {
            Dynamic::from_int(code.into())
        };
        next_step::stop(mark.clone());
        Err(EvalAltResult::ErrorTerminated(mark, Position::NONE).into())
    };
    let plain = exit.clone();
    operator("exit").set_into_module(module, |code: Dynamic| -> Fallible<()> {
        let kind = a_kind(kind(code.type_name()));
        let raised = Raised::new("script", format!("an exit code is a number, not {kind}"));
        Err(raised
            .hint("use a number from 0 to 255, such as `exit(10)`")
            .into())
    });
    operator("exit").set_into_module(module, move || plain(0));
    operator("exit").set_into_module(module, exit);
}
