//! The pace at which a run's calls leave, which a bulk loop may change for its time.

use std::sync::{Arc, PoisonError, RwLock};

use super::pace::Pace;
use crate::cancel::Cancel;

/// The pace for the time being.
pub(crate) struct RateOverride(RwLock<Arc<Pace>>);

impl Default for RateOverride {
    fn default() -> Self {
        Self(RwLock::new(Arc::new(Pace::unlimited())))
    }
}

impl RateOverride {
    /// Waits until a call may leave; `false` if the user interrupted meanwhile.
    pub fn wait(&self, cancel: &Cancel) -> bool {
        let pace = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        pace.wait(cancel)
    }

    /// Changes the pace; gives the one before.
    fn change(&self, pace: Arc<Pace>) -> Arc<Pace> {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, pace)
    }
}

/// Another pace for as long as this is held.
pub struct Paced<'r> {
    tempo: &'r RateOverride,
    before: Arc<Pace>,
}

impl<'r> Paced<'r> {
    pub(crate) fn new(tempo: &'r RateOverride, pace: Pace) -> Self {
        let before = tempo.change(Arc::new(pace));
        Self { tempo, before }
    }
}

impl Drop for Paced<'_> {
    fn drop(&mut self) {
        self.tempo.change(Arc::clone(&self.before));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_lasts_as_long_as_it_is_held() {
        let (tempo, cancel) = (RateOverride::default(), Cancel::default());
        let is_limited = || tempo.0.read().unwrap().is_limited();
        let paced = Paced::new(&tempo, Pace::per_second(100.0).unwrap());
        assert!(is_limited() && tempo.wait(&cancel));
        drop(paced);
        assert!(!is_limited() && tempo.wait(&cancel));
    }
}
