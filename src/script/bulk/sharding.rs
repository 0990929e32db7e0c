//! Which rows can be shared out: those that are the same for every shard, and have a key.
//!
//! A list that each shard reads from the server for itself is another list in each: the
//! writes of the others move its records to pages that were read already, and they would be
//! passed over in silence.

use rhai::Dynamic;

use crate::catalog::Action;
use crate::script::api::origin;
use crate::script::api::pages::Records;
use crate::script::bulk::options::BulkOptions;
use crate::script::frozen::Frozen;
use crate::script::gather::gathered::Gathered;
use crate::script::raise::Raised;
use crate::script::value::record::{is_of_list, map_of};

/// Refuses rows of which a shard cannot tell those that are its own.
pub(super) fn is_fit(rows: &Dynamic, options: &BulkOptions) -> Result<(), Raised> {
    if options.shard.is_none() {
        return Ok(());
    }
    if let Some(list) = read_by_each(rows) {
        return Err(moving(list));
    }
    if let Some(key) = options
        .key
        .as_ref()
        .filter(|key| has_key_of_list(rows, key))
    {
        return Err(moving_key(key));
    }
    let frozen = rows.read_lock::<Frozen>();
    let has_id = frozen.is_some_and(|frozen| frozen.key().is_some());
    if options.key.is_some() || has_id {
        return Ok(());
    }
    let what = "with `--shard`, `bulk` needs a `key`: it says which shard a row belongs to";
    Err(Raised::new("value", what)
        .hint("name a column that identifies rows, such as `#{ key: \"email\" }`"))
}

/// The list of the server that the rows are, which every shard would read for itself.
fn read_by_each(rows: &Dynamic) -> Option<&'static Action> {
    if let Some(records) = rows.read_lock::<Records>() {
        return Some(records.action());
    }
    if let Some(gathered) = rows.read_lock::<Gathered>() {
        return gathered.list();
    }
    let items = rows.as_array_ref().ok()?;
    items.iter().find_map(origin::of_server)
}

/// Whether rows that were made of such a list take their keys from its records.
fn has_key_of_list(rows: &Dynamic, key: &str) -> bool {
    let Ok(items) = rows.as_array_ref() else {
        return false;
    };
    let is_of_list = |item: &Dynamic| map_of(item)?.get(key).map(is_of_list);
    items.iter().any(|item| is_of_list(item) == Some(true))
}

fn moving_key(key: &str) -> Raised {
    let what = format!(
        "with `--shard`, the rows of `bulk` cannot be made of a list of the server, from which they have their \
         key `{key}`: the writes of other shards move its records while they are read; nothing was sent for \
         its rows"
    );
    Raised::new("list", what).hint(
        "freeze it first with `whmcsh freeze ACTION --out rows.jsonl`, and let every shard loop over \
         `rows(\"rows.jsonl\")`",
    )
}

fn moving(list: &Action) -> Raised {
    let name = list.name;
    let what = format!(
        "with `--shard`, the rows of `bulk` cannot be a list of the server, here of `{name}`: the \
         writes of other shards move its records while they are read; nothing was sent for its rows"
    );
    Raised::new("list", what).hint(format!(
        "freeze it first: `whmcsh freeze {name} --out rows.jsonl`, and let every shard loop over \
         `rows(\"rows.jsonl\")`"
    ))
}
