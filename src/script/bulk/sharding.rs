//! Which rows can be shared out: those that are the same for every shard, and have a key.
//!
//! A list that each shard reads from the server for itself is another list in each: the
//! writes of the others move its records to pages that were read already, and they would be
//! passed over in silence. Whatever a script makes of such a list is as little fit, also by way
//! of a file that it writes itself.

use std::collections::HashSet;
use std::sync::Arc;

use rhai::{Dynamic, ImmutableString};

use crate::catalog::Action;
use crate::script::api::origin;
use crate::script::api::pages::Records;
use crate::script::bulk::options::BulkOptions;
use crate::script::csv::Rows;
use crate::script::csv::records::text_of;
use crate::script::csv::row::Row;
use crate::script::engine::Factory;
use crate::script::frozen::Frozen;
use crate::script::gather::gathered::Gathered;
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::tokens::{self, Token, TokenKind};
use crate::script::value::record::{has_of_file, is_of_list, map_of};

/// Refuses rows of which a shard cannot tell those that are its own.
///
/// Of rows that are not here yet it gives what tells of each whether it is fit.
pub(super) fn is_fit(
    factory: &Factory,
    rows: &Dynamic,
    options: &BulkOptions,
) -> Result<Option<Still>, Raised> {
    if options.shard.is_none() {
        return Ok(None);
    }
    if let Some(list) = read_by_each(rows) {
        return Err(moving(list));
    }
    if let Some(key) = options
        .key
        .as_ref()
        .filter(|key| has_key_of_list(rows, key))
    {
        let list = factory.host().lists.first().unwrap_or("ACTION");
        return Err(moving_key(key, list));
    }
    let frozen = rows.read_lock::<Frozen>();
    let has_id = frozen.is_some_and(|frozen| frozen.key().is_some());
    if options.key.is_none() && !has_id {
        let what = "with `--shard`, `bulk` needs a `key`: it says which shard a row belongs to";
        return Err(Raised::new("value", what)
            .hint("name a column that identifies rows, such as `#{ key: \"email\" }`"));
    }
    if options.own_rows {
        return Ok(None);
    }
    let still = Still::watch(factory, options);
    if rows.is::<Gathered>() {
        return Ok(Some(still));
    }
    still.check_all(rows).map(|()| None)
}

/// What tells whether rows are the same for every shard, once the script has read a list of
/// the server: they are of a file that it did not write, or written out in the script.
pub(super) struct Still {
    host: Arc<Host>,
    /// The columns that say which shard a row is of.
    columns: Vec<ImmutableString>,
    /// The texts and numbers of the scripts, and the arguments.
    written: HashSet<String>,
}

impl Still {
    fn watch(factory: &Factory, options: &BulkOptions) -> Self {
        let host = Arc::clone(factory.host());
        let columns = options.key.iter().chain(&options.lane);
        let texts = factory.sources().texts();
        let written = texts.iter().flat_map(|text| written_out(text));
        Self {
            columns: columns.cloned().collect(),
            written: written.chain(host.args.iter().cloned()).collect(),
            host,
        }
    }

    /// Refuses rows of which some are neither.
    fn check_all(&self, rows: &Dynamic) -> Result<(), Raised> {
        let path = rows
            .read_lock::<Rows>()
            .map(|rows| rows.path().to_owned())
            .or_else(|| Some(rows.read_lock::<Frozen>()?.path().to_owned()));
        if let (Some(path), Some(list)) = (&path, self.host.lists.first())
            && self.host.files.is_own(path)
        {
            return Err(may_move(list));
        }
        let Ok(items) = rows.as_array_ref() else {
            return Ok(());
        };
        items.iter().try_for_each(|item| self.check(item))
    }

    /// Refuses a row that is neither.
    pub fn check(&self, row: &Dynamic) -> Result<(), Raised> {
        let Some(list) = self.host.lists.first() else {
            return Ok(());
        };
        if self.columns.iter().all(|column| self.is_still(row, column)) {
            return Ok(());
        }
        Err(may_move(list))
    }

    fn is_still(&self, row: &Dynamic, column: &str) -> bool {
        let is_of_file = match row.read_lock::<Row>() {
            Some(row) => row.has_of_file(column),
            None => has_of_file(row, column),
        };
        if is_of_file && !self.host.files.stand_ins.is_read() {
            return true;
        }
        let text = text_of(row, column).and_then(Result::ok);
        text.is_some_and(|text| self.written.contains(&text))
    }
}

/// The texts and numbers that are written out in a script.
fn written_out(text: &str) -> Vec<String> {
    let tokens = tokens::scan(text);
    let values = tokens.all.iter();
    let values = values.filter(|token| matches!(token.kind, TokenKind::Text | TokenKind::Number));
    let value = |token: &Token| tokens.text_of(*token).trim_matches(['"', '`']).to_owned();
    values.map(value).collect()
}

fn may_move(list: &str) -> Raised {
    let what = format!(
        "with `--shard`, the rows of `bulk` may be made of a list of the server, here of `{list}`, which the \
         script has read: the writes of other shards move its records while they are read; nothing was sent \
         for its rows"
    );
    Raised::new("list", what).hint(format!(
        "freeze it first: `whmcsh freeze {list} --out rows.jsonl`, and let every shard loop over \
         `rows(\"rows.jsonl\")`; if the rows do not come from that list, add `own_rows: true` to the options \
         of `bulk`"
    ))
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

fn moving_key(key: &str, list: &str) -> Raised {
    let what = format!(
        "with `--shard`, the rows of `bulk` cannot be made of a list of the server, from which they have their \
         key `{key}`: the writes of other shards move its records while they are read; nothing was sent for \
         its rows"
    );
    Raised::new("list", what).hint(format!(
        "freeze it first with `whmcsh freeze {list} --out rows.jsonl`, and let every shard loop over \
         `rows(\"rows.jsonl\")`"
    ))
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
