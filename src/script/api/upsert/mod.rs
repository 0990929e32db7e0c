//! `upsert_client(wanted, "email")`: the client with that address as wanted.
//!
//! Nobody has the address: the client is created, for the user who has it if
//! there is one. Somebody has it: what differs is sent, and nothing if nothing
//! does. In a run that goes on, the client on the server may be the one this
//! very row made before it was cut short; so the journal is asked before the
//! server.

#[cfg(test)]
mod tests;
pub(crate) mod wanted;

use std::sync::Arc;

use rhai::{Array, Dynamic, Map, Module};
use serde_json::Value;

use crate::client::{CallError, CallErrorKind, Params, Reply};
use crate::run::Run;
use crate::script::api::clients;
use crate::script::api::connection::Connection;
use crate::script::api::given;
use crate::script::api::upsert::wanted::{CREATE, UPDATE, Wanted, action};
use crate::script::bulk::state::note_reply;
use crate::script::csv::records::cell;
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::record::opened;

pub(crate) use wanted::NAME;

/// The writes it may make.
pub(crate) const WRITES: [&str; 2] = [CREATE, UPDATE];

/// What WHMCS says of an address that is a user's but no client's.
const IS_USER: &str = "user already exists";

/// Adds `upsert_client`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let signature = [
        "connection: connection",
        "wanted: map|row",
        "key: &str",
        "map",
    ];
    let own = Arc::clone(host);
    function(
        NAME,
        &signature[1..],
        "Creates the client with that email address, or changes what differs. Returns `outcome` \
         (`created`, `updated`, `unchanged`), `clientid`, and the names of what `changed`. `()` \
         leaves a field alone, `\"\"` empties it; passwords and `noemail` are used only to create; \
         names that begin with `_` are ignored.\n```rhai\nlet wanted = #{ email: \
         \"jo@example.com\", firstname: \"Jo\", lastname: \"Lee\",\naddress1: \"1 High Street\", \
         city: \"Dublin\", state: \"Leinster\", postcode: \"D01\",\ncountry: \"IE\", phonenumber: \
         \"+353.15550101\", password2: random_password(20), noemail: true \
         };\nprint(upsert_client(wanted, \"email\").outcome);\n```",
    )
    .set_into_module(module, move |wanted: Dynamic, key: &str| {
        Upsert::new(&own, &own.run, &wanted, key)?.run()
    });
    let other = Arc::clone(host);
    function(
        NAME,
        &signature,
        "Creates or changes the client of another server with that email address.",
    )
    .set_into_module(
        module,
        move |to: &mut Connection, wanted: Dynamic, key: &str| {
            Upsert::new(&other, &to.0, &wanted, key)?.run()
        },
    );
}

/// One client to be as wanted on one server.
struct Upsert<'u> {
    host: &'u Host,
    run: &'u Run,
    wanted: Wanted,
}

impl<'u> Upsert<'u> {
    fn new(host: &'u Host, run: &'u Run, wanted: &Dynamic, key: &str) -> Result<Self, Raised> {
        let wanted = Wanted::read(host, run, wanted, key)?;
        Ok(Self { host, run, wanted })
    }

    fn run(&self) -> Fallible<Map> {
        if let Some(begun) = self.begun()? {
            return self.create(&begun);
        }
        let current = clients::client(self.run, &self.wanted.email)?;
        let Some(current) = opened(current).try_cast::<Map>() else {
            return self.create(&self.wanted.creation);
        };
        if let Some(owner) = number(&current, "owner_user_id") {
            let creation = self.wanted.creation_owned_by(owner);
            if self
                .run
                .has_earlier(&action(CREATE), &creation)
                .map_err(Raised::of_call)?
            {
                return self.create(&creation);
            }
        }
        self.update(&current)
    }

    /// The creation an earlier pass of the run made, or may have made, for this row.
    fn begun(&self) -> Result<Option<Params>, Raised> {
        let now = &self.wanted.creation;
        let earlier = self.run.earlier(&action(CREATE), now);
        let earlier = earlier.map_err(Raised::of_call)?;
        let owner = earlier.and_then(|earlier| earlier.get("owner_user_id")?.as_i64());
        let for_user = owner.map(|owner| self.wanted.creation_owned_by(owner));
        for creation in [Some(self.wanted.creation.clone()), for_user]
            .into_iter()
            .flatten()
        {
            if self
                .run
                .has_earlier(&action(CREATE), &creation)
                .map_err(Raised::of_call)?
            {
                return Ok(Some(creation));
            }
        }
        Ok(None)
    }

    fn create(&self, creation: &Params) -> Fallible<Map> {
        let create = action(CREATE);
        let result = match self.run.call(&create, creation) {
            Err(error) if is_user(&error) => self.create_for_user(error),
            result => result,
        };
        let reply = given(self.host, self.run, &create, result)?;
        let id = cell(&reply, "clientid").unwrap_or_default();
        // What AddClient does not take, a second call does.
        let rest = self.wanted.beyond_creation()?;
        if !rest.is_empty() {
            self.send_update(&id, rest)?;
        }
        Ok(told("created", id, Vec::new()))
    }

    /// Creates the client for the user who has its address; `refused` if there is none.
    fn create_for_user(&self, refused: CallError) -> Result<Reply, CallError> {
        match self.user()? {
            Some(user) => {
                let creation = self.wanted.creation_owned_by(user);
                self.run.call(&action(CREATE), &creation)
            }
            None => Err(refused),
        }
    }

    /// The user with exactly that address.
    fn user(&self) -> Result<Option<i64>, CallError> {
        let search = [
            ("search".to_owned(), Value::from(self.wanted.email.as_str())),
            ("limitnum".to_owned(), Value::from(250)),
        ];
        let reply = self
            .run
            .call(&action("GetUsers"), &Params::from_iter(search))
            .inspect(|reply| note_reply("GetUsers", reply))?;
        let users = reply.body.get("users").and_then(Value::as_array);
        let email = self.wanted.email.to_lowercase();
        let is_same = |user: &&Value| {
            let found = user["email"].as_str().unwrap_or_default();
            found.to_lowercase() == email
        };
        let user = users.into_iter().flatten().find(is_same);
        Ok(user.and_then(|user| user["id"].as_i64()))
    }

    fn update(&self, current: &Map) -> Fallible<Map> {
        let id = number(current, "id").or_else(|| number(current, "userid"));
        let Some(id) = id else {
            let what = "`GetClientsDetails` returned no id of the client";
            return Err(Raised::new("api", what).into());
        };
        let mut change = self.wanted.changes(current)?;
        let mut changed = Vec::new();
        if let Some(earlier) = self.replayed(id)? {
            changed.extend(Wanted::names(&earlier));
            change.retain(|name, _| !earlier.contains_key(name.as_str()));
            self.call_update(&earlier)?;
        }
        if !change.is_empty() {
            let change = self.wanted.sendable(change)?;
            changed.extend(Wanted::names(&change));
            self.send_update(&id.into(), change)?;
        }
        let outcome = if changed.is_empty() {
            "unchanged"
        } else {
            "updated"
        };
        Ok(told(outcome, id.into(), changed))
    }

    /// The update an earlier pass made, or may have made, for this row: the server
    /// may look by now as if there had been nothing to do.
    fn replayed(&self, id: i64) -> Result<Option<Params>, Raised> {
        let now = &self.wanted.creation;
        let earlier = self.run.earlier(&action(UPDATE), now);
        let earlier = earlier.map_err(Raised::of_call)?;
        let is_ours = |earlier: &Params| {
            earlier.get("clientid").and_then(Value::as_i64) == Some(id)
                && self.wanted.asks_for(earlier)
        };
        Ok(earlier.filter(is_ours))
    }

    fn send_update(&self, id: &Dynamic, mut change: Params) -> Fallible<()> {
        let id = super::values::to_json(id.clone(), "clientid")?;
        change.extend(id.map(|id| ("clientid".to_owned(), id)));
        self.call_update(&change)
    }

    fn call_update(&self, params: &Params) -> Fallible<()> {
        let update = action(UPDATE);
        let _reply = given(self.host, self.run, &update, self.run.call(&update, params))?;
        Ok(())
    }
}

fn told(outcome: &str, id: Dynamic, changed: Vec<String>) -> Map {
    let changed: Array = changed.into_iter().map(Dynamic::from).collect();
    Map::from([
        ("outcome".into(), outcome.into()),
        ("clientid".into(), id),
        ("changed".into(), changed.into()),
    ])
}

fn number(record: &Map, name: &str) -> Option<i64> {
    let number = record.get(name)?.as_int().ok()?;
    Some(number).filter(|number| *number != 0)
}

fn is_user(error: &CallError) -> bool {
    error.kind == CallErrorKind::Api && error.message.contains(IS_USER)
}
