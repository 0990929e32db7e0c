//! What the paths answer: JSON, with `result` as the API's replies have it.

use serde_json::{Value, json};

use crate::sandbox::clock::{Clock, spelled};
use crate::sandbox::image::{Image, State};

/// What is answered: a status and JSON.
pub type ControlAnswer = (u16, String);

/// Success, with these fields.
pub(super) fn succeed(fields: Value) -> ControlAnswer {
    let mut all = json!({"result": "success"});
    if let (Value::Object(all), Value::Object(fields)) = (&mut all, fields) {
        all.extend(fields);
    }
    (200, all.to_string())
}

/// Why not.
pub(super) fn refused(status: u16, message: &str) -> ControlAnswer {
    let fields = json!({"result": "error", "message": message});
    (status, fields.to_string())
}

/// Goes back to an image, and says what time it is there.
pub(super) fn restored(image: &Image, state: &State) -> ControlAnswer {
    match image.restore(state) {
        Ok(()) => succeed(moment(state)),
        Err(error) => refused(409, &error.to_string()),
    }
}

/// What time it is, and whether it stays so.
pub(super) fn moment(state: &State) -> Value {
    let clock = state.store.clock();
    json!({
        "now": spelled(clock.now()).to_string(),
        "fixed": clock != Clock::System,
    })
}
