//! A record of a reply: a map that knows what it may hold.
//!
//! Rhai answers for a property that a map has not with a silent `()`. A record is a map in
//! everything else, but refuses a field that neither the reply nor the catalog has; `?.`,
//! `in` and `.get("x")` ask without. Maps whose keys are data stay maps of Rhai's.

use std::any::TypeId;
use std::mem;
use std::ops::Deref;
use std::sync::Arc;

use rhai::{
    Array, Dynamic, FnPtr, FuncRegistration, INT, Identifier, ImmutableString, Map, Module,
    NativeCallContext, RhaiFunc,
};

use crate::catalog::{self, Action, Fields};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::{Fallible, operator};
use crate::script::engine::sources::Sources;
use crate::script::raise::Raised;
use crate::script::value::file_fields::{FileFields, with_way_out};
use crate::script::value::source_mark::SourceMark;
use crate::secrets::{self, is_secret};

/// What scripts know it as: a map, for that is what it is used as.
const NAME: &str = "map";

/// A map of a known action's reply: the reply itself, a record of its list, or a map in one.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    fields: Arc<Map>,
    known: Known,
    /// Whether it is from a file, where nothing moves while it is read.
    is_frozen: bool,
    /// Whether another map was joined to it: then it is no record of the list any more.
    is_joined: bool,
    /// Whether the script put something into it: only what is marked is still its source's.
    is_edited: bool,
}

/// What is known of the fields that a record may have.
#[derive(Clone, Debug)]
enum Known {
    /// It is of that action's reply, at that place.
    Reply(&'static Action, &'static Fields),
    /// It is from a file, whose records have these.
    File(ImmutableString, Arc<FileFields>),
}

impl Record {
    /// A map of that action's reply, at the place that `known` is about.
    pub fn new(fields: Map, action: &'static Action, known: &'static Fields) -> Self {
        Self {
            fields: Arc::new(fields),
            known: Known::Reply(action, known),
            is_frozen: false,
            is_joined: false,
            is_edited: false,
        }
    }

    /// The same, from a frozen list.
    pub fn frozen(self) -> Self {
        Self {
            is_frozen: true,
            ..self
        }
    }

    /// The list of the server that it was read from, whatever was joined to it since; none
    /// for one from a frozen list.
    pub fn list_of_server(&self) -> Option<&'static Action> {
        self.of_list().filter(|_| !self.is_frozen)
    }

    /// What it holds.
    pub fn fields(&self) -> &Map {
        &self.fields
    }

    /// The same of other values.
    pub fn with(&self, fields: Map) -> Self {
        Self {
            fields: Arc::new(fields),
            ..self.clone()
        }
    }

    /// The same joined to another map, of which all fields are known.
    fn joined(&self, fields: Map) -> Self {
        Self {
            is_joined: true,
            is_edited: true,
            ..self.with(fields)
        }
    }

    /// The action whose reply it is of, and what the catalog knows of it.
    pub fn of_reply(&self) -> Option<(&'static Action, &'static Fields)> {
        match self.known {
            Known::Reply(action, known) => Some((action, known)),
            Known::File(..) => None,
        }
    }

    /// What it holds, as a map that holds anything.
    pub fn into_map(self) -> Map {
        Arc::unwrap_or_clone(self.fields)
    }

    /// The list it is a record of.
    pub fn list(&self) -> Option<&'static Action> {
        self.of_list().filter(|_| !self.is_joined)
    }

    fn of_list(&self) -> Option<&'static Action> {
        let (action, known) = self.of_reply()?;
        let list = action.list.as_ref()?;
        (list.path == known.path).then_some(action)
    }

    pub(crate) fn read(&self, name: &str) -> Result<Dynamic, Raised> {
        if let Some(value) = self.fields.get(name) {
            if matches!(self.known, Known::File(..)) {
                note(name, value);
            }
            return Ok(self.marked(value.clone()));
        }
        match &self.known {
            Known::Reply(_, known) if known.has(name) => Ok(Dynamic::UNIT),
            Known::Reply(action, known) => Err(unknown(action, known, name, &self.fields)),
            Known::File(_, known) if known.has(name) => Ok(Dynamic::UNIT),
            Known::File(path, known) => {
                let (what, hint) = known.missing(path, name);
                Err(Raised::new("field", what).hint(hint))
            }
        }
    }

    /// A field that is handed out, marked where the record is from a list of the server or
    /// from a file.
    fn marked(&self, value: Dynamic) -> Dynamic {
        match self.mark() {
            Some(mark) if !self.is_edited => mark.put(value),
            _ => value,
        }
    }

    fn mark(&self) -> Option<SourceMark> {
        if self.list_of_server().is_some() {
            return Some(SourceMark::List);
        }
        let is_of_file = self.is_frozen || matches!(self.known, Known::File(..));
        is_of_file.then_some(SourceMark::File)
    }

    /// The same as a map that holds anything, in which each field says where it is from.
    fn into_marked_map(self) -> Map {
        let mark = self.mark().filter(|_| !self.is_edited);
        let mut map = self.into_map();
        if let Some(mark) = mark {
            for value in map.values_mut() {
                *value = mark.put(mem::take(value));
            }
        }
        map
    }

    fn assign(&mut self, name: &str, value: Dynamic) {
        if !self.is_edited {
            self.fields = Arc::new(self.clone().into_marked_map());
            self.is_edited = true;
        }
        Arc::make_mut(&mut self.fields).insert(name.into(), value);
    }

    /// Whether the field of that name is what a file has there.
    fn has_of_file(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(value) if self.is_edited => SourceMark::File.is_on(value),
            Some(_) => matches!(self.mark(), Some(SourceMark::File)),
            None => false,
        }
    }
}

/// Whether a value was read from a record of a list of the server, and not changed since.
pub(crate) fn is_of_list(value: &Dynamic) -> bool {
    SourceMark::List.is_on(value)
}

/// Whether that field of a map or a record is what a file has there.
pub(crate) fn has_of_file(owner: &Dynamic, name: &str) -> bool {
    if let Some(record) = owner.read_lock::<Record>() {
        return record.has_of_file(name);
    }
    let map = owner.read_lock::<Map>();
    map.is_some_and(|map| {
        map.get(name)
            .is_some_and(|value| SourceMark::File.is_on(value))
    })
}

/// Notes a field of a file that is read if it is called like a secret; a row of `bulk` has its
/// secrets noted as a whole.
fn note(name: &str, value: &Dynamic) {
    if !secrets::is_in_row()
        && is_secret(name)
        && let Ok(secret) = value.as_immutable_string_ref()
    {
        secrets::hold(&secret);
    }
}

/// Why there is no such field, and which was probably meant.
fn unknown(action: &'static Action, known: &'static Fields, name: &str, has: &Map) -> Raised {
    let mut names: Vec<&str> = has.keys().map(Identifier::as_str).collect();
    for name in known.names() {
        names.push(name);
    }
    names.sort_unstable();
    names.dedup();
    let (what, hint) = missing(action, known, name, names);
    Raised::new("field", what).hint(hint)
}

/// What is said of a field that is not there: in `check` too, which knows no reply.
pub(crate) fn missing<'n>(
    action: &'static Action,
    known: &'static Fields,
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> (String, String) {
    let of = if known.path.is_empty() {
        format!("the reply of `{}` has", action.name)
    } else if action
        .list
        .as_ref()
        .is_some_and(|list| list.path == known.path)
    {
        format!("records of `{}` have", action.name)
    } else {
        format!("`{}` of `{}` has", known.path, action.name)
    };
    let meant = match catalog::elsewhere(action, name) {
        Some((other, path)) => format!("`{}` has it, at `{path}`", other.name),
        None => suggestion(name, names),
    };
    (
        format!("{of} no field `{name}`"),
        with_way_out(&meant, name),
    )
}

/// A record of a file, of whose records those fields are known; the maps in it are the same.
pub(crate) fn of_file(value: Dynamic, path: &ImmutableString, known: &Arc<FileFields>) -> Dynamic {
    if value.is_array() {
        let items = value.cast::<Array>().into_iter();
        return Dynamic::from_array(items.map(|item| of_file(item, path, known)).collect());
    }
    if !value.is_map() || !known.are_known() {
        return value;
    }
    let mut fields: Map = value.cast();
    for (name, value) in &mut fields {
        if let Some(inner) = known.within(name) {
            *value = of_file(std::mem::take(value), path, inner);
        }
    }
    Dynamic::from(Record {
        fields: Arc::new(fields),
        known: Known::File(path.clone(), Arc::clone(known)),
        is_frozen: true,
        is_joined: false,
        is_edited: false,
    })
}

/// Puts a value into a map, or into a record of a file.
pub(crate) fn put(owner: &mut Dynamic, name: &str, value: Dynamic) {
    if let Some(mut record) = owner.write_lock::<Record>() {
        return record.assign(name, value);
    }
    if let Some(mut map) = owner.write_lock::<Map>() {
        map.insert(name.into(), value);
    }
}

/// The fields of a map or a record.
pub(crate) enum MapRef<'v> {
    Map(rhai::DynamicReadLock<'v, Map>),
    Record(rhai::DynamicReadLock<'v, Record>),
}

impl Deref for MapRef<'_> {
    type Target = Map;

    fn deref(&self) -> &Map {
        match self {
            Self::Map(map) => map,
            Self::Record(record) => record.fields(),
        }
    }
}

/// The fields of a value that is a map or a record.
pub(crate) fn map_of(value: &Dynamic) -> Option<MapRef<'_>> {
    if let Some(record) = value.read_lock::<Record>() {
        return Some(MapRef::Record(record));
    }
    value.read_lock::<Map>().map(MapRef::Map)
}

/// The fields of a value that is a map, or a record of a file: of no reply.
pub(crate) fn map_of_own(value: &Dynamic) -> Option<MapRef<'_>> {
    let record = value.read_lock::<Record>();
    let is_of_reply = record.is_some_and(|record| record.of_reply().is_some());
    map_of(value).filter(|_| !is_of_reply)
}

/// Whether a value is a map or a record.
pub(crate) fn is_map(value: &Dynamic) -> bool {
    value.is_map() || value.is::<Record>()
}

/// A value that is a map or a record, as a map; any other as it is.
pub(crate) fn opened(value: Dynamic) -> Dynamic {
    match value.try_cast_result::<Record>() {
        Ok(record) => record.into_map().into(),
        Err(value) => value,
    }
}

/// The same, where a record's fields say where they are from.
fn opened_marked(value: &Dynamic) -> Dynamic {
    match value.read_lock::<Record>() {
        Some(record) => record.clone().into_marked_map().into(),
        None => value.clone(),
    }
}

/// What Rhai asks of maps by one name, with the kinds of what else it takes: what leaves the
/// map as it is, and what changes it.
fn map_functions() -> Vec<(&'static str, bool, Vec<TypeId>)> {
    let (text, any) = (TypeId::of::<ImmutableString>(), TypeId::of::<Dynamic>());
    let (closure, map) = (TypeId::of::<FnPtr>(), TypeId::of::<Map>());
    let own = TypeId::of::<Record>();
    let mut functions = vec![
        ("set", true, vec![text, any]),
        ("remove", true, vec![text]),
        ("clear", true, vec![]),
    ];
    for (name, changes) in [
        ("map", false),
        ("filter", false),
        ("drain", true),
        ("retain", true),
    ] {
        functions.push((name, changes, vec![closure]));
    }
    for (name, changes) in WITH_ANOTHER {
        functions.extend([(name, changes, vec![map]), (name, changes, vec![own])]);
    }
    functions
}

/// What is asked of two maps, and whether it changes the first.
const WITH_ANOTHER: [(&str, bool); 6] = [
    ("+", false),
    ("==", false),
    ("!=", false),
    ("+=", true),
    ("mixin", true),
    ("fill_with", true),
];

/// Adds the type, the reading of its fields, and what is asked of maps.
pub(crate) fn register(module: &mut Module, sources: &Arc<Sources>) {
    module.set_custom_type::<Record>(NAME);
    register_fields(module, sources);
    register_questions(module);
    let (map, own) = (TypeId::of::<Map>(), TypeId::of::<Record>());
    for (name, changes, others) in map_functions() {
        let types: Vec<TypeId> = [own].into_iter().chain(others).collect();
        as_of_a_map(module, name, changes, name, &types);
    }
    for (name, changes) in WITH_ANOTHER {
        as_of_a_map(module, name, changes, name, &[map, own]);
    }
    // Rhai's `print` of a map prints it.
    for (name, asked) in [
        ("to_string", "to_string"),
        ("print", "to_string"),
        ("to_debug", "to_debug"),
        ("debug", "to_debug"),
    ] {
        as_of_a_map(module, name, false, asked, &[own]);
    }
}

fn register_fields(module: &mut Module, sources: &Arc<Sources>) {
    let texts = Arc::clone(sources);
    FuncRegistration::new_index_getter()
        .with_volatility(true)
        .set_into_module(
            module,
            move |context: NativeCallContext,
                  record: &mut Record,
                  name: &str|
                  -> Fallible<Dynamic> {
                record.read(name).or_else(|raised| {
                    if texts.is_asked(&context) {
                        Ok(Dynamic::UNIT)
                    } else {
                        Err(raised.into())
                    }
                })
            },
        );
    FuncRegistration::new_index_setter()
        .with_volatility(true)
        .set_into_module(module, |record: &mut Record, name: &str, value: Dynamic| {
            record.assign(name, value);
        });
    // Rhai gives every value a property `tag` of its own; a field goes before it.
    FuncRegistration::new_getter("tag")
        .with_volatility(true)
        .set_into_module(module, |record: &mut Record| -> Fallible<Dynamic> {
            Ok(record.read("tag")?)
        });
    FuncRegistration::new_setter("tag")
        .with_volatility(true)
        .set_into_module(module, |record: &mut Record, value: Dynamic| {
            record.assign("tag", value);
        });
}

/// What is asked often, and needs no map of its own.
fn register_questions(module: &mut Module) {
    operator("len").set_into_module(module, |record: &mut Record| {
        INT::try_from(record.fields.len()).unwrap_or(INT::MAX)
    });
    operator("is_empty").set_into_module(module, |record: &mut Record| record.fields.is_empty());
    operator("contains").set_into_module(module, |record: &mut Record, name: &str| {
        record.fields.contains_key(name)
    });
    operator("get").set_into_module(module, |record: &mut Record, name: &str| {
        let value = record.fields.get(name).cloned();
        record.marked(value.unwrap_or_default())
    });
    operator("keys").set_into_module(module, |record: &mut Record| -> Array {
        record
            .fields
            .keys()
            .map(|name| name.as_str().into())
            .collect()
    });
    operator("values").set_into_module(module, |record: &mut Record| -> Array {
        let values = record.fields.values().cloned();
        values.map(|value| record.marked(value)).collect()
    });
}

/// Adds a function of maps for arguments of which some are records.
fn as_of_a_map(
    module: &mut Module,
    name: &str,
    changes: bool,
    asked: &'static str,
    types: &[TypeId],
) {
    let call = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
        let Some(context) = context else {
            unreachable!("the function is registered with a context")
        };
        let record = args
            .iter()
            .find_map(|arg| arg.read_lock::<Record>().map(|one| one.clone()));
        let mut opened: Vec<Dynamic> = args.iter().map(|arg| opened_marked(arg)).collect();
        let mut given: Vec<&mut Dynamic> = opened.iter_mut().collect();
        let result = context.call_native_fn_raw(asked, true, &mut given);
        if changes {
            give_back(args[0], opened.swap_remove(0));
        }
        match (result, record) {
            (Ok(joined), Some(record)) if asked == "+" && joined.is_map() => {
                Ok(Dynamic::from(record.joined(joined.cast())))
            }
            (result, _) => result,
        }
    };
    let function = RhaiFunc::Method {
        func: rhai::Shared::new(call),
        has_context: true,
        is_pure: !changes,
        is_volatile: true,
    };
    FuncRegistration::new(name).set_into_module_raw(module, types, function);
}

/// Puts what became of a map in the place of what it was.
fn give_back(arg: &mut Dynamic, now: Dynamic) {
    if let Some(mut record) = arg.write_lock::<Record>() {
        record.fields = Arc::new(now.cast());
        record.is_edited = true;
        return;
    }
    *arg = now;
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    const RECORD: &str = "let c = get_clients(#{ limitnum: 1 }).clients.client[0];";

    fn value(expression: &str) -> String {
        TestHost::new().value(&format!("{{ {RECORD} {expression} }}"))
    }

    fn failure(statement: &str) -> String {
        TestHost::new().failure(&format!("{RECORD}\n{statement};"))
    }

    #[test]
    fn a_field_that_neither_the_reply_nor_the_catalog_has_is_refused() {
        assert_eq!(
            failure("print(c.emial)"),
            "error: records of `GetClients` have no field `emial`\n \
             --> main.rhai:2:8\n  \
              |\n\
             2 | print(c.emial);\n  \
              |        ^\n\
             hint: did you mean `email`?; `?.emial` is `()` if there is none"
        );
        for statement in ["c[\"emial\"]", "c.emial.len()", "c.emial += \"x\""] {
            let failure = failure(statement);
            assert!(
                failure.contains("have no field `emial`"),
                "{statement}: {failure}"
            );
        }
        let elsewhere = failure("c.credit");
        assert!(
            elsewhere.contains("hint: `GetClientsDetails` has it, at `client.credit`"),
            "{elsewhere}"
        );
        let reply = TestHost::new().failure("get_clients().totalresult");
        assert!(
            reply.contains("the reply of `GetClients` has no field `totalresult`"),
            "{reply}"
        );
    }

    #[test]
    fn what_the_catalog_knows_is_nothing_where_the_reply_lacks_it() {
        assert_eq!(value("c.firstname == ()"), "true");
        assert_eq!(TestHost::new().value("get_clients().warning == ()"), "true");
    }

    #[test]
    fn it_can_be_asked_whether_there_is_such_a_field() {
        assert_eq!(
            value(
                "[c?.credit, c?[\"credit\"], c.get(\"credit\"), \"credit\" in c, \"email\" in c, c?.email]"
            ),
            "[(), (), (), false, true, \"c1@example.com\"]"
        );
        assert_eq!(value("c\n  ?.credit == ()"), "true");
        assert_eq!(
            TestHost::new().value("get_clients()?.clients?.client?[0]?.nothing == ()"),
            "true"
        );
    }

    #[test]
    fn a_record_is_a_map_in_everything_else() {
        assert_eq!(value("type_of(c)"), "map");
        assert_eq!(value("c.keys()"), r#"["email", "id"]"#);
        assert_eq!(value("c.values()"), r#"["c1@example.com", 1]"#);
        assert_eq!(value("[c.len(), c.is_empty()]"), "[2, false]");
        assert_eq!(value("c.to_json()"), r#"{"email":"c1@example.com","id":1}"#);
        assert_eq!(value("`${c}`"), r#"#{"email": "c1@example.com", "id": 1}"#);
        assert_eq!(
            value("`${[c]}`"),
            r#"[#{"email": "c1@example.com", "id": 1}]"#
        );
        assert_eq!(value("(c + #{ a: 1 }).keys()"), r#"["a", "email", "id"]"#);
        assert_eq!(value("(#{ a: 1 } + c).keys()"), r#"["a", "email", "id"]"#);
        assert_eq!(
            value(
                "[c == c, c == #{ id: 1, email: \"c1@example.com\" }, #{ id: 1 } == c, #{} != c, c == (), c == 1]"
            ),
            "[true, true, false, true, false, false]"
        );
        assert_eq!(
            value("[c.filter(|k, v| k == \"id\"), c.map(|k, v| 1)].len()"),
            "2"
        );
        assert_eq!(
            value("changed(c, #{ id: \"1\", email: \"y\" })"),
            r#"#{"email": "y"}"#
        );
        assert_eq!(value("{ let f = |map| map.id; f.call(c) }"), "1");
    }

    #[test]
    fn a_record_joined_to_a_map_still_refuses_what_neither_has() {
        for statement in ["(c + #{ a: 1 }).emial", "(#{ a: 1 } + c).emial"] {
            let failure = failure(statement);
            assert!(failure.contains("have no field `emial`"), "{failure}");
        }
        assert_eq!(value("let m = c + #{ a: 1 }; [m.a, m.id]"), "[1, 1]");
        assert_eq!(value("type_of(c + #{ a: 1 })"), "map");
    }

    #[test]
    fn what_is_assigned_to_a_record_is_in_it() {
        assert_eq!(
            value("c.note = \"x\"; c.email.make_upper(); c.id += 1; [c.note, c.email, c.id]"),
            r#"["x", "C1@EXAMPLE.COM", 2]"#
        );
        assert_eq!(
            value(
                "c.set(\"a\", 1); c += #{ b: 2 }; c.mixin(#{ d: 3 }); c.remove(\"id\"); c.keys()"
            ),
            r#"["a", "b", "d", "email"]"#
        );
        assert_eq!(
            value("let d = c; d.email = \"y\"; [c.email, d.email]"),
            r#"["c1@example.com", "y"]"#
        );
        assert_eq!(value("let m = #{}; m += c; m.keys()"), r#"["email", "id"]"#);
        assert_eq!(
            TestHost::new().value("{ let r = get_clients(#{ limitnum: 2 }); r.clients.client[1].email = \"y\"; r.clients.client[1].email }"),
            "y"
        );
        let constant = TestHost::new().failure("const R = get_clients(); R.totalresults = 1;");
        assert!(constant.contains("constant"), "{constant}");
    }

    #[test]
    fn a_record_is_sent_like_a_map() {
        let rig = TestHost::new();
        rig.run(&format!(
            "{RECORD} call(\"MyAction\", c); get_clients(c.filter(|k, v| false)); call(\"MyAction\", #{{ a: [c] }});"
        ))
        .unwrap();
        assert_eq!(
            rig.called(),
            ["GetClients", "MyAction", "GetClients", "MyAction"]
        );
        let failure = rig.failure("get_clients(5);");
        assert!(
            failure.contains("`get_clients` does not take (whole number)"),
            "{failure}"
        );
    }

    #[test]
    fn replies_outside_the_catalog_and_maps_of_the_scripts_own_stay_open() {
        let rig = TestHost::new();
        assert_eq!(rig.value("call(\"MyAction\").nothing == ()"), "true");
        assert_eq!(rig.value("#{ a: 1 }.b == ()"), "true");
    }
}
