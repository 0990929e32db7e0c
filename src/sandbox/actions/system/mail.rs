//! `SendEmail`: a mail to a client, from a template or with a text of its own.

use crate::sandbox::call::Call;
use crate::sandbox::mail::{KINDS, Letter};
use crate::sandbox::merge_fields;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};
use crate::sandbox::tree::{Array, Tree};

const FAILED: &str = "Sending Failed. Please see documentation.";

/// Templates that WHMCS sends by itself only.
const RESERVED: &[&str] = &[
    "Affiliate Monthly Referrals Report",
    "Clients Only Bounce Message",
    "Order Confirmation",
    "Password Reset Confirmation",
    "Password Reset Validation",
    "Quote Accepted",
    "Quote Accepted Notification",
    "Quote Delivery with PDF",
    "Replies Only Bounce Message",
];

/// Records the mail where `GetEmails` finds it.
pub fn send_email(call: &Call) -> Result<Answer, Refusal> {
    let text = text(call)?;
    let kind = text.text("type");
    let Some(subject) = merge_fields::of_record(call.db, kind, call.int("id"))? else {
        return refuse(FAILED);
    };
    let variables = variables(call)?;
    let variables = merge_fields::named_texts(&variables);
    let mut merge: Vec<(&str, &str)> = Vec::new();
    merge.extend(variables.iter().map(|(name, text)| (name.as_str(), *text)));
    merge.extend(subject.texts());
    let sent = call.send(
        subject.int("client_id"),
        &Letter {
            kind,
            subject: text.text("subject"),
            message: text.text("message"),
            merge: &merge,
            copies: "",
        },
    )?;
    if !sent {
        return refuse(FAILED);
    }
    Ok(Answer::success())
}

/// `type`, `subject` and `message`, the call's own or a template's, checked in the reference's order.
fn text(call: &Call) -> Result<Fields, Refusal> {
    const ID: &str = "A related ID is required";
    let name = call.text("messagename");
    let Some(kind) = call.given("customtype") else {
        if name.is_empty() {
            return refuse(
                "You must provide either an existing email template name or a custom message type",
            );
        }
        variables(call)?;
        call.required("id", ID)?;
        return template(call, name);
    };
    if !KINDS.iter().any(|(known, _)| *known == kind) {
        return refuse("Invalid message type provided");
    }
    let subject = call.required(
        "customsubject",
        "A subject is required for a custom message",
    )?;
    let message = call.required(
        "custommessage",
        "A message body is required for a custom message",
    )?;
    variables(call)?;
    call.required("id", ID)?;
    Ok(Fields::default()
        .with("type", kind)
        .with("subject", subject)
        .with("message", message))
}

fn template(call: &Call, name: &str) -> Result<Fields, Refusal> {
    let found = call.db.record(
        "SELECT name, type, subject, message, disabled FROM email_templates \
         WHERE name = ?1 COLLATE NOCASE AND language = ''",
        [name],
    )?;
    match found {
        None => refuse("Email Template not found"),
        Some(template) if template.int("disabled") != 0 => refuse("Email Template is disabled"),
        Some(template) if RESERVED.contains(&template.text("name")) => refuse(FAILED),
        Some(template) => Ok(template),
    }
}

/// The extra variables, serialized or as an array; none were sent is none.
fn variables(call: &Call) -> Result<Array, Refusal> {
    match call.raw("customvars") {
        None => Ok(Array::default()),
        Some(Tree::Array(variables)) => Ok(variables.clone()),
        Some(Tree::Text(text)) if text.is_empty() => Ok(Array::default()),
        Some(Tree::Text(_)) => call.serialized("customvars").map_or_else(
            || refuse("The custom variables you provided are invalid."),
            Ok,
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::testing::{answer, column, refuses, store};

    #[test]
    fn a_template_is_filled_in_from_the_record_it_is_about() {
        let store = store();
        let query = "messagename=invoice+created&id=2";
        assert_eq!(answer(&store, "SendEmail", query), Answer::success());
        let mails = answer(&store, "GetEmails", "clientid=3");
        let message = &column(&mails, "emails.email", "message")[0];
        assert!(
            message
                .starts_with("<p>Dear Martin Price,</p><p>Invoice #2 over $39.99 USD is due on 20"),
            "{message}"
        );
    }

    #[test]
    fn a_text_of_ones_own_takes_variables_and_goes_to_the_owner_of_the_record() {
        let store = store();
        // base64 of a:1:{s:4:"when";s:5:"soon!";}, then with "zwölf", whose five letters are six bytes.
        let good = "YToxOntzOjQ6IndoZW4iO3M6NToic29vbiEiO30%3D";
        let broken = "YToxOntzOjQ6IndoZW4iO3M6NToienfDtmxmIjt9";
        let query = |vars: &str| {
            format!(
                "customtype=domain&customsubject={{$domain_name}}&custommessage=At+{{$when}},+{{$client_first_name}}&id=1&customvars={vars}"
            )
        };
        assert_eq!(answer(&store, "SendEmail", &query(good)), Answer::success());
        let mails = answer(&store, "GetEmails", "clientid=1");
        assert_eq!(
            column(&mails, "emails.email", "subject"),
            ["mueller.example"]
        );
        assert_eq!(
            column(&mails, "emails.email", "message"),
            ["At soon!, Zo\u{eb}"]
        );
        let array = "customtype=general&customsubject=x&custommessage=At+{$when}&id=2&customvars[when]=once";
        answer(&store, "SendEmail", array);
        let mails = answer(&store, "GetEmails", "clientid=2");
        assert_eq!(column(&mails, "emails.email", "message"), ["At once"]);
        let broken = query(broken);
        refuses(
            &store,
            "SendEmail",
            &[(&broken, "The custom variables you provided are invalid.")],
        );
    }

    #[test]
    fn what_is_missing_is_asked_for_in_the_references_order() {
        let store = store();
        let failed = "Sending Failed. Please see documentation.";
        let neither =
            "You must provide either an existing email template name or a custom message type";
        let cases = [
            ("id=1", neither),
            ("customtype=user", "Invalid message type provided"),
            (
                "customtype=general",
                "A subject is required for a custom message",
            ),
            (
                "customtype=general&customsubject=x",
                "A message body is required for a custom message",
            ),
            (
                "customtype=general&customsubject=x&custommessage=x&customvars=a",
                "The custom variables you provided are invalid.",
            ),
            (
                "customtype=general&customsubject=x&custommessage=x",
                "A related ID is required",
            ),
            (
                "messagename=Client+Signup+Email",
                "A related ID is required",
            ),
            ("messagename=Frobnicate&id=1", "Email Template not found"),
            (
                "messagename=Old+Newsletter&id=1",
                "Email Template is disabled",
            ),
            ("messagename=Client+Signup+Email&id=99", failed),
            ("messagename=Order+Confirmation&id=1", failed),
            (
                "customtype=support&customsubject=x&custommessage=x&id=1",
                failed,
            ),
            (
                "customtype=general&customsubject=x&custommessage={$client_company_name}&id=6",
                failed,
            ),
        ];
        refuses(&store, "SendEmail", &cases);
    }
}
