//! The WHMCS API as data: every action with its parameters, reply fields,
//! effect and risks.
//!
//! The tables are written in `catalog/*.toml` and compiled in by the build
//! script, which refuses an entry that is unclassified, duplicated or of an
//! unknown type. Everything the program knows of the API (script functions,
//! checks, help, encodings, redaction, the sandbox's validation) is read from
//! here and stated nowhere else. This layer knows nothing of the network.

mod check;
mod day_format;
mod fields;
mod host_values;
mod kinds;
mod meaning;
mod names;
mod problem;
mod removal;
mod rules;
mod said;
#[cfg(test)]
mod source;
mod suggest;
mod value;
#[cfg(test)]
mod whole;
mod words;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

pub use check::{check_name, check_no_nul, check_value, is_reserved, name_in_php, parameter};
pub use day_format::{DayFormat, is_iso_day};
pub use fields::{Fields, RESULT, elsewhere};
pub use host_values::HostValues;
pub use kinds::{Effect, Encoding, FieldKind, Format, MailSwitch, MoneyFlow, ParamKind, Risk};
pub use meaning::{Meaning, comparable, plain_number};
pub use names::{function_name, walk_name};
pub use problem::{Misfit, Problem, sentence};
pub use rules::{is_list_of_places, missing, problems, spelled};
pub use said::Stray;
pub use suggest::similar;
pub use value::truth;

/// One API command, such as `AddClient`.
#[derive(Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the catalog says each of them by itself"
)]
pub struct Action {
    /// WHMCS's own name, such as `AddClient`.
    pub name: &'static str,
    /// The script function, such as `add_client`.
    pub function: &'static str,
    /// The lazy list function, such as `all_clients`, where the reply is a list.
    pub walk: Option<&'static str>,
    /// The reference's group, such as `Client`.
    pub group: &'static str,
    /// One line saying what the action does.
    pub summary: &'static str,
    /// What a call does to the server.
    pub effect: Effect,
    /// What a call risks.
    pub risk: &'static [Risk],
    /// Whether sending the same call twice does no harm; reads always are.
    pub repeatable: bool,
    /// How to look for the effect of a call whose reply was lost.
    pub find: Option<Find>,
    /// Parameters that say whom or what a write is about: one about the same with other
    /// values is the same write changed. None where every call stands for itself.
    pub about: &'static [&'static str],
    /// How to read the record it changes or removes.
    pub record: Option<Record>,
    /// Whose money it moves, of an action that moves some.
    pub payer: Option<Payer>,
    /// Whether it mails a number of people that the call does not say.
    pub many_mails: bool,
    /// Where the list lives in the reply, for actions that return one.
    pub list: Option<List>,
    /// The first WHMCS version that has the action, where known.
    pub since: Option<&'static str>,
    /// The first WHMCS version without it.
    pub until: Option<&'static str>,
    /// Whether WHMCS advises against it.
    pub deprecated: bool,
    /// Error messages the reference documents, verbatim.
    pub errors: &'static [&'static str],
    /// Parameters most calls give besides the required ones.
    pub usual: &'static [&'static str],
    /// What a call needs besides the parameters that are required by themselves.
    pub needs: &'static [Need],
    /// Parameters that are one list in several.
    pub parallel: &'static [Parallel],
    /// Sets of parameters of which a call gives one at most.
    pub exclusive: &'static [&'static [&'static str]],
    /// Whether it changes only what it is given: without a parameter besides `about` and
    /// those that are idle it changes nothing.
    pub sets: bool,
    /// Parameters in the reference's order.
    pub params: &'static [Param],
    /// Documented reply fields by path; `*` stands for a key that is data.
    pub returns: &'static [Field],
}

/// One parameter of an action.
#[derive(Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the catalog says each of them by itself"
)]
pub struct Param {
    /// The name on the wire, without brackets.
    pub name: &'static str,
    /// What its value is.
    #[serde(rename = "type")]
    pub kind: ParamKind,
    /// Whether WHMCS refuses the call without it.
    pub required: bool,
    /// Whether empty text is enough then, since it clears what is there.
    pub empty: bool,
    /// Parameters of which any, when it is set, lifts that.
    pub unless: &'static [&'static str],
    /// Other names of it, each of which stands for it.
    pub alias: &'static [&'static str],
    /// How its value is sent.
    pub encoding: Encoding,
    /// Whether it picks some where all are meant without it: empty or zero, WHMCS takes it
    /// for not given.
    pub narrows: bool,
    /// The known keys of a map.
    pub keys: &'static [&'static str],
    /// The known keys of each map in a map by the ids of currencies.
    pub inner: &'static [&'static str],
    /// What the records of a list hold, where that is known: each name, and what it is.
    pub items: &'static [(&'static str, ParamKind)],
    /// What every value in a map is, at whatever depth, where they are all alike.
    pub each: Option<ParamKind>,
    /// The documented values, where there is a fixed set.
    pub values: &'static [&'static str],
    /// Whether its text is several of them, with commas between.
    pub commas: bool,
    /// The kind of its values, where hosts or modules add to them.
    pub listed: Option<Listed>,
    /// How its text is written, where WHMCS takes one form alone.
    pub format: Option<Format>,
    /// The server's own refusals that prove what is demanded of it.
    pub proof: Proof,
    /// Whether it changes nothing by itself, though its action sets what it is given.
    pub idle: bool,
    /// Whether the value must never be shown or stored.
    pub secret: bool,
    /// Whether it is HTML by nature.
    pub html: bool,
    /// Whether the call ends or removes something for good when it is set, though its action does not.
    pub destructive: bool,
    /// What setting it does to outgoing mail.
    pub mail: Option<MailSwitch>,
    /// Which way its amount moves money, where it is one that does.
    pub money: Option<MoneyFlow>,
    /// The parameter and the value that turn that round.
    pub reversed: Option<(&'static str, &'static str)>,
    /// The parameter whose amount, at the same place of the list, is what each value costs.
    pub priced: Option<&'static str>,
    /// Whether setting it costs what the server alone can say.
    pub unpriced: bool,
    /// The parameter that says how many times its amount is asked, where there is one.
    pub times: Option<&'static str>,
    /// Whether it holds list prices: what is asked of whoever orders later, and no client's money.
    pub list_price: bool,
    /// Whether the call only quotes when it is set, and moves no money.
    pub quotes: bool,
    /// The first WHMCS version that has it, where known.
    pub since: Option<&'static str>,
    /// The first WHMCS version without it.
    pub until: Option<&'static str>,
    /// Whether WHMCS advises against it.
    pub deprecated: bool,
    /// The documented default.
    pub default: Option<&'static str>,
    /// One line saying what it means.
    pub about: &'static str,
}

/// Whose money an action moves: its currency is that client's.
#[derive(Debug, Serialize)]
pub struct Payer {
    /// The parameter that names the client.
    pub param: Option<&'static str>,
    /// The parameter that names a currency by its id, where there is no client.
    pub currency: Option<&'static str>,
    /// The read that tells the client, where no parameter does.
    pub read: Option<PayerRead>,
}

/// The read that tells whose money an action moves.
#[derive(Debug, Serialize)]
pub struct PayerRead {
    /// The read.
    pub action: &'static str,
    /// Theirs and ours: its parameters, each filled from one of ours.
    pub send: &'static [(&'static str, &'static str)],
    /// Where in its reply the client's id is; of a list, that of its first record.
    pub client: &'static str,
    /// Where in its reply the amount is, at most, that a call without one moves, and which
    /// way it goes.
    pub amount: Option<(&'static str, MoneyFlow)>,
    /// The amounts in its reply that other parameters move, such as a status that says an
    /// invoice is paid.
    pub tells: &'static [Tell],
}

/// An amount in a reply that a parameter moves, though it is no amount itself.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub struct Tell {
    /// The parameter and the values that move it; any that is set, where there are none.
    pub when: (&'static str, &'static [&'static str]),
    /// Parameters of which any, when it is set, says the amount in its place.
    pub unless: &'static [&'static str],
    /// Where in the reply the parameter's present value is: the same one moves nothing.
    pub was: Option<&'static str>,
    /// Where the amount is instead after those present values: an invoice that was paid has
    /// nothing open, and asks its total again.
    pub settled: Option<(&'static str, &'static [&'static str])>,
    /// The list in the reply whose records the parameter names by their ids: their amounts
    /// count, by what the parameter leaves of them.
    pub lines: Option<&'static str>,
    /// Whether the parameter is an amount, of which only what is less than before counts.
    pub less: bool,
    /// Where in the reply the amount is, at most.
    pub amount: &'static str,
    /// Which way it goes.
    pub money: MoneyFlow,
}

/// Values of a parameter to which hosts and modules add.
#[derive(Debug)]
pub struct Listed {
    /// What they are.
    pub kind: HostValues,
    /// What the server takes besides, such as the groups of statuses that its pages offer.
    pub beside: &'static [&'static str],
}

impl Serialize for Listed {
    /// With the list action and the field of its records that tell them, where there is one.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (action, field) = self.kind.read().unzip();
        let mut listed = serializer.serialize_struct("Listed", 4)?;
        listed.serialize_field("kind", &self.kind)?;
        listed.serialize_field("action", &action)?;
        listed.serialize_field("field", &field)?;
        listed.serialize_field("beside", self.beside)?;
        listed.end()
    }
}

/// What a server says that refuses a call, by what it refuses it for. What no server is
/// known to refuse is demanded by the reference alone, and an owner may know better.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Proof {
    /// That it is missing.
    pub required: Option<&'static str>,
    /// That its value is none of the documented ones, with their names.
    pub values: Option<&'static str>,
    /// That it is not written as it must be.
    pub format: Option<&'static str>,
}

/// What a call needs: one of several parameters, or several together.
#[derive(Debug, Serialize)]
pub struct Need {
    /// The ways to give it; of each, every parameter.
    pub one_of: &'static [&'static [&'static str]],
    /// When it is needed: when each of these has one of the values; given at all, where
    /// there are none.
    pub when: &'static [(&'static str, &'static [&'static str])],
    /// What the server says that refuses the call without it.
    pub proof: Option<&'static str>,
}

/// Parameters that are one list in several: the first values of all belong together.
#[derive(Debug, Serialize)]
pub struct Parallel {
    /// The leading list: the first of these that is given.
    pub lead: &'static [&'static str],
    /// What a place needs that only the last of these fills.
    pub with: &'static [&'static str],
    /// The lists that go with it.
    pub lists: &'static [&'static str],
    /// Whether they are maps by the id of a line.
    pub by_line: bool,
    /// What the server says that refuses the call otherwise.
    pub proof: Option<&'static str>,
}

/// One field of a reply.
#[derive(Debug, Serialize)]
pub struct Field {
    /// Dotted path from the top of the reply, through lists without an index.
    pub path: &'static str,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// The words that stand in it, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Words>,
}

/// The words that stand in a field of a reply, as WHMCS spells them.
#[derive(Debug, Serialize)]
pub struct Words {
    /// Those the catalog lists.
    pub values: &'static [&'static str],
    /// The kind of them, where the catalog has those WHMCS comes with.
    pub listed: Option<HostValues>,
    /// Whether there are no others: WHMCS fixes them itself.
    pub is_closed: bool,
}

/// Where the records of a list action are.
#[derive(Debug, Serialize)]
pub struct List {
    /// Dotted path of the list in the reply, such as `clients.client`.
    pub path: &'static str,
    /// The field that identifies a record, such as `id`.
    pub key: Option<&'static str>,
    /// Whether the action takes `limitstart` and `limitnum`.
    pub paged: bool,
}

/// How to look on the server for the effect of a call whose reply was lost.
///
/// What is theirs is the other action's parameter or record field; what is ours
/// is the parameter or reply field of the action this belongs to.
#[derive(Debug, Serialize)]
pub struct Find {
    /// The read that looks.
    pub action: &'static str,
    /// Theirs and ours: its parameters, each filled from one of ours.
    pub send: &'static [(&'static str, &'static str)],
    /// Theirs and ours: record fields that must equal our parameters.
    pub same: &'static [(&'static str, &'static str)],
    /// Theirs and ours: what shows that a record is ours and no other's, where it was sent.
    /// A new record that is not so may be ours in WHMCS's own spelling, and is asked about.
    pub also: &'static [(&'static str, &'static str)],
    /// Theirs, and its values with `|` between them: the state that the call brings about,
    /// which settles a write where the record was in another one before.
    pub is: &'static [(&'static str, &'static str)],
    /// Theirs and ours: a sum of the record, and the parameter that says by how much the call
    /// raises it.
    pub grows: &'static [(&'static str, &'static str)],
    /// Whether one of the parameters to send is enough.
    pub any: bool,
    /// Theirs, and their value: what the read is told besides.
    pub with: &'static [(&'static str, &'static str)],
    /// Where the list is in the reply of a read that is no list action; `.` where the whole
    /// reply is the record.
    pub at: Option<&'static str>,
    /// Theirs: what grows from one record to the next, most often the id; of a read of one
    /// record a date that the call moves on.
    pub id: &'static str,
    /// Whether a record that is not there shows that the call was not carried out: not where
    /// it goes on to a registrar or a payment gateway.
    pub absence: bool,
    /// What else is read of a record that fits, where the list does not show all that tells
    /// ours from another's.
    pub closer: Option<Closer>,
    /// Ours and theirs: fields of the lost reply, each given back by a record's field, or as
    /// `list[field=value].id` by the ids of its lines that are of that kind, as text with
    /// commas.
    pub reply: &'static [(&'static str, &'static str)],
}

/// A second look at a record that a list shows too little of.
#[derive(Debug, Serialize)]
pub struct Closer {
    /// The read that shows it.
    pub action: &'static str,
    /// Its parameters, each filled from a field of the record.
    pub send: &'static [(&'static str, &'static str)],
    /// Fields of what it shows that must equal fields of the record.
    pub of: &'static [(&'static str, &'static str)],
    /// Theirs and ours: fields among which each value of our parameters must be.
    pub same: &'static [(&'static str, &'static str)],
    /// Where the list is, as in `Find`.
    pub at: Option<&'static str>,
}

/// How to read the record that a write is about to change or remove.
///
/// What is theirs is the read's parameter or the record's field; what is ours is
/// the parameter of the action this belongs to.
#[derive(Debug, Serialize)]
pub struct Record {
    /// The read that fetches it.
    pub action: &'static str,
    /// Theirs and ours: the read's parameters, each filled from one of ours that is given.
    pub send: &'static [(&'static str, &'static str)],
    /// Theirs: the parameter that narrows the list, and the record's field of which it is
    /// filled once the record was seen.
    pub near: Option<(&'static str, &'static str)>,
    /// Where it is in the reply; empty if it is all of it. One of many if that is the read's list.
    pub at: &'static str,
    /// Theirs and ours: the field that identifies it, and the parameter that names it.
    pub same: &'static [(&'static str, &'static str)],
    /// Ours and theirs: a parameter, or `parameter.key` of a map, and the path of its old value.
    pub fields: &'static [(&'static str, &'static str)],
    /// Ours: parameters that change what no read tells.
    pub unread: &'static [&'static str],
    /// Ours: maps by line whose entries the server takes only together.
    pub together: &'static [&'static str],
    /// Ours: the parameter that names the fields to empty, where empty text is not enough.
    pub empties: Option<&'static str>,
    /// Ours and its value: what a write that brings old values back sends besides them.
    pub restore: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// Every action, sorted by name without regard to case.
pub fn actions() -> &'static [Action] {
    ACTIONS
}

/// The action of that name; WHMCS ignores the case of an action's name.
pub fn action(name: &str) -> Option<&'static Action> {
    let letters = |name: &'static str| name.bytes().map(|letter| letter.to_ascii_lowercase());
    let wanted = || name.bytes().map(|letter| letter.to_ascii_lowercase());
    ACTIONS
        .binary_search_by(|action| letters(action.name).cmp(wanted()))
        .ok()
        .map(|at| &ACTIONS[at])
}

/// The action that a server may take for one of that name, which is none of ours: with
/// spaces around it, or other signs in it.
pub fn disguised(name: &str) -> Option<&'static Action> {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    action(&letters).filter(|action| !action.name.eq_ignore_ascii_case(name))
}

/// The action a script function calls: `add_client` gives `AddClient`.
pub fn by_function(function: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.function == function)
}

/// The list action a lazy list function walks: `all_clients` gives `GetClients`.
pub fn by_walk(function: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.walk == Some(function))
}

/// The groups of the reference, in alphabetical order.
pub fn groups() -> Vec<&'static str> {
    let mut groups: Vec<_> = ACTIONS.iter().map(|action| action.group).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

impl Action {
    /// The parameter of that name, without regard to case.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params
            .iter()
            .find(|param| param.name.eq_ignore_ascii_case(name))
    }

    /// Whether a call changes the server (anything but a read).
    pub fn is_write(&self) -> bool {
        self.effect != Effect::Read
    }

    /// The fields of the records in its list, in the reference's order; none if it
    /// returns no list.
    pub fn record_fields(&self) -> Vec<&'static str> {
        let path = self.list.as_ref().map(|list| list.path);
        let fields = self.returns.iter().filter_map(|field| {
            let name = field.path.strip_prefix(path?)?.strip_prefix('.')?;
            (!name.contains('.')).then_some(name)
        });
        fields.collect()
    }

    /// Whether a call carries that risk.
    pub fn has_risk(&self, risk: Risk) -> bool {
        self.risk.contains(&risk)
    }

    /// The names of the parameters WHMCS refuses to do without.
    pub fn required(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.params
            .iter()
            .filter(|param| param.required)
            .map(|param| param.name)
    }
}
