//! Lists read page by page: what they promise, and what of them came.

pub(super) mod partial;
pub(super) mod promise;
