//! What carries out an action of WHMCS.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// What carries out an action.
pub type Handler = fn(&Call) -> Result<Answer, Refusal>;
