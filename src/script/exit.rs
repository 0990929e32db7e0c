//! `exit` and `sleep`, in place of Rhai's own.

use std::sync::Arc;
use std::time::Duration;

use rhai::{Dynamic, EvalAltResult, Module, Position};

use crate::script::engine::function::{Fallible, operator};
use crate::script::host::Host;

/// Adds `exit(code)` and `sleep`: Rhai's own drop the code, and with it the news
/// that the script failed, and sleep through Ctrl-C.
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
    operator("exit").set_into_module(module, |code: i64| -> Fallible<()> {
        Err(match code {
            0 => EvalAltResult::Exit(Dynamic::UNIT, Position::NONE).into(),
            code => EvalAltResult::ErrorTerminated(code.into(), Position::NONE).into(),
        })
    });
}
