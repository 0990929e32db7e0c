//! An example of every action, made from the catalog: what it must be given,
//! a little of what it can be given, and how its reply is read.

use serde_json::Value;

use super::before::before;
use crate::catalog::{self, Action, Effect, Encoding, FieldKind, Param, ParamKind, Problem};

/// At most so many parameters a call could do without are shown.
const OPTIONAL: usize = 2;

/// A script that calls the action once, or walks its list.
pub fn example(action: &'static Action) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let before = params_in_example(action)
        .into_iter()
        .filter_map(|param| before(action, param));
    for line in before.flat_map(|before| before.lines) {
        if !lines.contains(line) {
            lines.push(line);
        }
    }
    lines.push("");
    lines.join("\n") + &called(action)
}

/// The call itself, and how its reply is read.
fn called(action: &'static Action) -> String {
    if let (Some(walk), Some(list)) = (action.walk, &action.list) {
        let call = call(walk, action);
        let shown = match list.key {
            Some(key) => format!("record.{key}"),
            None => "record".to_owned(),
        };
        return format!("for record in {call} {{\n    print({shown});\n}}");
    }
    let call = call(action.function, action);
    match printable_field(action) {
        Some(path) => format!("let reply = {call};\nprint(reply.{path});"),
        None => format!("{call};"),
    }
}

fn call(function: &str, action: &'static Action) -> String {
    let shown = params_in_example(action);
    if shown.is_empty() {
        return format!("{function}()");
    }
    let values: Vec<_> = shown
        .iter()
        .map(|param| format!("{}: {}", key(param.name), value(action, param)))
        .collect();
    let line = format!("{function}(#{{ {} }})", values.join(", "));
    if line.len() <= 70 {
        return line;
    }
    let lines: Vec<_> = values.iter().map(|one| format!("    {one},\n")).collect();
    format!("{function}(#{{\n{}}})", lines.concat())
}

/// What must be given and what is given most of the time; of an update without
/// such, what it can change first.
fn params_in_example(action: &'static Action) -> Vec<&'static Param> {
    let mut names: Vec<&str> = action
        .params
        .iter()
        .filter(|param| param.required || action.usual.contains(&param.name))
        .map(|param| param.name)
        .collect();
    while let Some(more) = lacking(action, &names) {
        names.extend(more);
    }
    if action.effect == Effect::Update && action.usual.is_empty() {
        let is_told = |param: &&Param| {
            let is_named = names.contains(&param.name) || action.about.contains(&param.name);
            let is_plain = !param.secret && !param.deprecated && param.until.is_none();
            !is_named && is_plain && param.kind != ParamKind::Any
        };
        let told = action.params.iter().filter(is_told).take(OPTIONAL);
        names.extend(told.map(|param| param.name).collect::<Vec<_>>());
    }
    let is_shown = |param: &&Param| names.contains(&param.name);
    action.params.iter().filter(is_shown).collect()
}

/// The first way to give what a call with those parameters still needs.
fn lacking(action: &'static Action, names: &[&str]) -> Option<&'static [&'static str]> {
    let value = |param: &Param| {
        param
            .values
            .first()
            .map_or(Value::Null, |word| (*word).into())
    };
    let given = action
        .params
        .iter()
        .filter(|param| names.contains(&param.name));
    let given = given
        .map(|param| (param.name.to_owned(), value(param)))
        .collect();
    let missing = catalog::missing(action, &given);
    missing.iter().find_map(|problem| match problem {
        Problem::MissingOneOf { one_of, .. } => one_of.first().copied(),
        _ => None,
    })
}

/// The first field of the reply that can be printed.
fn printable_field(action: &Action) -> Option<&'static str> {
    let kind = |path: &str| {
        let mut fields = action.returns.iter();
        fields
            .find(|field| field.path == path)
            .map(|field| field.kind)
    };
    let is_value =
        |kind: FieldKind| !matches!(kind, FieldKind::List | FieldKind::Map | FieldKind::Secret);
    let is_reached = |path: &str| {
        let above = path.match_indices('.').map(|(at, _)| &path[..at]);
        !path.contains('*')
            && above
                .into_iter()
                .all(|above| kind(above) != Some(FieldKind::List))
    };
    let mut fields = action.returns.iter();
    let field = fields.find(|field| is_value(field.kind) && is_reached(field.path))?;
    Some(field.path)
}

/// A parameter's name as a key; Rhai takes most words as they are.
fn key(name: &str) -> String {
    let is_plain = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if is_plain && !name.starts_with(|letter: char| letter.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

fn value(action: &Action, param: &Param) -> String {
    if let Some(before) = before(action, param) {
        return before.value.to_owned();
    }
    if let Some(first) = param.values.first() {
        return match param.kind {
            ParamKind::Int | ParamKind::Decimal | ParamKind::Bool => (*first).to_owned(),
            ParamKind::Strings => format!("[\"{first}\"]"),
            _ => format!("\"{first}\""),
        };
    }
    let line = match param.kind {
        ParamKind::Int => number(action, param),
        ParamKind::Ids | ParamKind::Ints => return format!("[{}]", number(action, param)),
        ParamKind::Decimal => "\"10.00\"",
        ParamKind::Bool => "true",
        ParamKind::Date => "today()",
        ParamKind::DateTime => "now()",
        ParamKind::Decimals => "[\"10.00\"]",
        ParamKind::Bools => "[true]",
        ParamKind::Map => return map(param),
        ParamKind::Maps => return format!("[{}]", map(param)),
        ParamKind::Strings => return format!("[{}]", text(action, param)),
        ParamKind::String | ParamKind::Any => return text(action, param),
    };
    line.to_owned()
}

fn map(param: &Param) -> String {
    let of = match param.each {
        Some(ParamKind::Bool) => "true",
        Some(ParamKind::Decimal) => "\"10.00\"",
        Some(ParamKind::Int) => "7",
        _ => "\"…\"",
    };
    if param.encoding == Encoding::Json64 {
        return "#{ name: \"offer.txt\", data: \"SGVsbG8=\" }".to_owned();
    }
    match param.keys.first() {
        Some(name) => format!("#{{ {}: {of} }}", key(name)),
        None if param.name == "parameters" => "#{ email: \"billing@example.com\" }".to_owned(),
        None => format!("#{{ \"3\": {of} }}"),
    }
}

/// The record a number of that name could be of, or of that name in one action: one that
/// is there in the demo data of the sandbox.
const NUMBERS: &[(&str, &str)] = &[
    ("AcceptOrder.orderid", "3"),
    ("CancelOrder.orderid", "3"),
    ("DeleteOrder.orderid", "4"),
    ("GetTicketAttachment.index", "0"),
];

fn number(action: &Action, param: &Param) -> &'static str {
    named(NUMBERS, action, param).unwrap_or("1")
}

/// What stands in a table for a parameter, under its action's name or by itself.
fn named(
    table: &[(&'static str, &'static str)],
    action: &Action,
    param: &Param,
) -> Option<&'static str> {
    let of_the_action = format!("{}.{}", action.name, param.name);
    let known = |wanted: &str| table.iter().find(|(name, _)| *name == wanted);
    let found = known(&of_the_action).or_else(|| known(param.name));
    found.map(|(_, value)| *value)
}

/// What a text of that name could be, or of that name in one action.
const TEXTS: &[(&str, &str)] = &[
    ("ActivateModule.moduleName", "mailin"),
    ("AddBillableItem.description", "Migration of the shop"),
    ("AddPayMethod.description", "Main account"),
    ("AddProjectMessage.message", "The mailboxes are moved."),
    ("CreateOAuthCredential.name", "Mobile app"),
    ("GetInvoices.status", "Unpaid"),
    ("GetOrders.status", "Pending"),
    ("LogActivity.description", "Prices raised by 5 %"),
    ("ResetPassword.email", "zoe.mueller@example.com"),
    (
        "TriggerNotificationEvent.message",
        "12 clients were updated",
    ),
    ("TriggerNotificationEvent.title", "Nightly run"),
    ("UpdateClientAddon.status", "Active"),
    ("UpdateInvoice.status", "Cancelled"),
    ("UpdateOAuthCredential.name", "Mobile app"),
    ("UpdateProject.status", "Completed"),
    ("UpdateTicket.status", "Answered"),
    ("UpdateToDoItem.status", "Completed"),
    ("address1", "12 High Street"),
    ("announcement", "<p>We move to new servers.</p>"),
    ("bank_code", "NO-3621"),
    ("bank_name", "Sparebanken"),
    ("billingcycle", "monthly"),
    ("city", "Bergen"),
    ("companyname", "Fjord Hosting"),
    ("country", "NO"),
    ("currency_code", "EUR"),
    ("custommessage", "The export is ready."),
    ("customsubject", "Export"),
    ("datecreated", "23/11/2026"),
    ("description", "Goodwill for the outage"),
    ("destination", "clientarea:invoices"),
    ("domain", "example.com"),
    ("email", "jo@example.com"),
    ("eppcode", "EPP-4711"),
    ("extension", ".com"),
    ("firstname", "Jo"),
    ("func_name", "reboot"),
    ("gateway", "banktransfer"),
    ("ip", "203.0.113.9"),
    ("itemdescription", "Setup of the server"),
    ("lastname", "Berg"),
    ("message", "Thank you for your patience."),
    ("messagename", "Invoice Payment Reminder"),
    ("moduleName", "paypal"),
    ("moduleType", "gateway"),
    ("name", "Hosting M"),
    ("newproductbillingcycle", "monthly"),
    ("newtag", "EXAMPLE"),
    ("notes", "Called on Monday"),
    ("notification_identifier", "nightly-run"),
    ("ns1", "ns1.example.com"),
    ("ns2", "ns2.example.com"),
    ("paymentmethod", "banktransfer"),
    ("permissions", "invoices,products"),
    ("phonenumber", "+47.22550101"),
    ("postcode", "5003"),
    ("reason", "Failed logins"),
    ("scope", "clientarea:sso"),
    ("setting", "CompanyName"),
    ("state", "Vestland"),
    ("subject", "Your order"),
    ("suspendreason", "Invoice 1042 is overdue"),
    ("task", "Move the mailboxes"),
    ("title", "New servers"),
    ("transid", "BANK-2026-0042"),
    ("validuntil", "23/12/2026"),
    ("value", "Fjord Hosting"),
    (
        "xml",
        "<contactdetails><Registrant><City>Bergen</City></Registrant></contactdetails>",
    ),
];

fn text(action: &Action, param: &Param) -> String {
    if param.secret {
        let is_new = matches!(action.effect, Effect::Create | Effect::Update);
        return match param.name {
            name if name.contains("password") && is_new => "random_password(20)".to_owned(),
            name => format!("env(\"{}\")", name.to_uppercase()),
        };
    }
    named(TEXTS, action, param).map_or("\"…\"".to_owned(), |text| format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::host::Confinement;
    use crate::script::load::Script;

    #[test]
    fn check_accepts_the_example_of_every_action() {
        for action in catalog::actions() {
            let script = Script::from_text("example.rhai", example(action));
            let wrong = script.check(Confinement::default(), false);
            let wrong: Vec<_> = wrong.iter().map(ToString::to_string).collect();
            assert!(wrong.is_empty(), "{}", wrong.concat());
        }
    }

    #[test]
    fn an_example_shows_what_is_required_and_reads_the_reply() {
        let shown = |name| example(catalog::action(name).unwrap());
        assert_eq!(
            shown("CloseClient"),
            "let reply = close_client(#{ clientid: 1 });\nprint(reply.clientid);"
        );
        assert_eq!(
            shown("GetClients"),
            "for record in all_clients(#{ status: \"Active\" }) {\n    print(record.id);\n}"
        );
        let add = shown("AddClient");
        assert!(add.contains("    email: \"jo@example.com\",\n"), "{add}");
    }
}
