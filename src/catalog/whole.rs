//! Tests over the whole catalog: what must hold of every action.

use std::collections::HashSet;

use super::{
    Action, Effect, Encoding, ParamKind, Risk, action, actions, by_function, function_name,
};

fn names<'a>(found: impl Iterator<Item = &'a Action>) -> Vec<&'a str> {
    found.map(|action| action.name).collect()
}

#[test]
fn all_documented_actions_are_there() {
    assert_eq!(actions().len(), 162);
}

#[test]
fn every_action_is_found_by_its_name_in_any_case_and_by_its_function() {
    for one in actions() {
        assert_eq!(
            action(&one.name.to_uppercase()).map(|found| found.name),
            Some(one.name)
        );
        assert_eq!(
            by_function(one.function).map(|found| found.name),
            Some(one.name)
        );
        assert_eq!(function_name(one.name), one.function);
    }
}

#[test]
fn no_two_functions_share_a_name() {
    let mut seen = HashSet::new();
    for one in actions() {
        assert!(seen.insert(one.function), "{} stands twice", one.function);
        if let Some(walk) = one.walk {
            assert!(seen.insert(walk), "{walk} stands twice");
        }
    }
}

#[test]
fn function_names_read_like_the_actions() {
    for (name, function) in [
        ("AddClient", "add_client"),
        ("GetTLDPricing", "get_tld_pricing"),
        ("CreateOrUpdateTLD", "create_or_update_tld"),
        ("CreateOAuthCredential", "create_oauth_credential"),
        ("ListOAuthCredentials", "list_oauth_credentials"),
        ("DomainRequestEPP", "domain_request_epp"),
        ("GetToDoItems", "get_to_do_items"),
    ] {
        assert_eq!(function_name(name), function);
    }
}

#[test]
fn every_summary_and_description_is_one_plain_line() {
    for one in actions() {
        let abouts = one.params.iter().map(|param| param.about);
        for text in abouts.chain([one.summary]) {
            assert!(
                !text.ends_with('.') && !text.contains('\n'),
                "{}: {text}",
                one.name
            );
        }
    }
}

#[test]
fn deletes_are_destructive_and_reads_never_are() {
    let deletes = actions().iter().filter(|one| one.effect == Effect::Delete);
    assert_eq!(
        names(deletes.filter(|one| !one.has_risk(Risk::Destructive))),
        [""; 0]
    );
    let reads = actions().iter().filter(|one| !one.is_write());
    assert_eq!(
        names(reads.filter(|one| one.has_risk(Risk::Destructive))),
        [""; 0]
    );
}

#[test]
fn nothing_that_creates_mails_or_moves_money_is_repeatable() {
    let created = actions()
        .iter()
        .filter(|one| one.effect == Effect::Create && one.repeatable);
    // Creating or updating a TLD sets its prices: the second call sets the same ones.
    assert_eq!(names(created), [""; 0]);
    for name in [
        "AddCredit",
        "AddInvoicePayment",
        "AddOrder",
        "CapturePayment",
        "SendEmail",
    ] {
        assert!(!action(name).unwrap().repeatable, "{name}");
    }
}

#[test]
fn passwords_and_cards_are_secret_wherever_they_appear() {
    for one in actions() {
        for param in one.params {
            let name = param.name;
            let sensitive = [
                "password",
                "password2",
                "cardnum",
                "card_number",
                "cvv",
                "bankacct",
                "card_expiry",
                "expdate",
                "issuenumber",
            ];
            if sensitive.contains(&name) || name.ends_with("password") || name == "rootpw" {
                assert!(param.secret, "{}.{name}", one.name);
            }
        }
    }
}

#[test]
fn what_changes_a_price_or_books_a_payment_risks_money() {
    for one in actions().iter().filter(|one| one.is_write()) {
        let books = ["amount", "amountin", "recurring", "recurringamount"];
        if books.iter().any(|name| one.param(name).is_some()) {
            assert!(one.has_risk(Risk::Money), "{}", one.name);
        }
    }
    // What may mark an invoice paid thanks the client, and sets up what was paid for.
    for name in [
        "AddInvoicePayment",
        "AddTransaction",
        "ApplyCredit",
        "CapturePayment",
    ] {
        for risk in [Risk::Money, Risk::Mail, Risk::Provision] {
            assert!(action(name).unwrap().has_risk(risk), "{name}: {risk}");
        }
    }
}

#[test]
fn a_user_found_after_a_lost_reply_is_the_one_that_was_added() {
    for name in ["AddClient", "AddContact", "AddUser"] {
        let same = action(name).unwrap().find.as_ref().unwrap().same;
        for field in ["email", "firstname", "lastname"] {
            assert!(same.contains(&(field, field)), "{name}: {field}");
        }
    }
}

#[test]
fn an_encoding_fits_its_type() {
    for one in actions() {
        for param in one.params {
            let fits = match param.encoding {
                Encoding::Plain => true,
                Encoding::OnOff => param.kind == ParamKind::Bool,
                Encoding::Serialized => matches!(param.kind, ParamKind::Map | ParamKind::Maps),
                Encoding::SerializedEach | Encoding::Json64 => param.kind == ParamKind::Maps,
                Encoding::Numbered => param.kind.word().ends_with("[]"),
            };
            assert!(
                fits,
                "{}.{}: {} of {}",
                one.name, param.name, param.encoding, param.kind
            );
        }
    }
}

#[test]
fn parameters_of_older_servers_are_kept_and_marked() {
    for (name, param) in [
        ("AddContact", "password2"),
        ("AddContact", "permissions"),
        ("UpdateClient", "password2"),
        ("UpdateContact", "subaccount"),
        ("GetContacts", "subaccount"),
        ("ResetPassword", "answer"),
    ] {
        let found = action(name).unwrap().param(param).unwrap();
        assert_eq!(found.until, Some("8.0"), "{name}.{param}");
    }
}

#[test]
fn list_actions_page_when_they_take_an_offset_and_a_limit() {
    let list = action("GetClients").unwrap().list.as_ref().unwrap();
    assert_eq!(
        (list.path, list.key, list.paged),
        ("clients.client", Some("id"), true)
    );
    assert!(!action("GetProducts").unwrap().list.as_ref().unwrap().paged);
}

#[test]
fn what_is_removed_or_changed_can_be_read_before() {
    for name in [
        "UpdateClient",
        "UpdateContact",
        "UpdateClientProduct",
        "UpdateClientDomain",
        "UpdateInvoice",
    ] {
        let record = action(name).unwrap().record.as_ref().unwrap();
        assert!(record.fields.len() > 10, "{name}");
    }
    let unread = actions()
        .iter()
        .filter(|one| one.has_risk(Risk::Destructive) && one.record.is_none());
    // What these end is no record that a read by its id would tell.
    let expected = [
        "DeactivateModule",
        "DeleteTicketNote",
        "DeleteUserClient",
        "MergeTicket",
    ];
    assert_eq!(names(unread), expected);
}

#[test]
fn no_old_value_is_read_for_a_secret() {
    for one in actions() {
        let fields = one.record.as_ref().map_or(&[][..], |record| record.fields);
        for (name, _) in fields {
            let param = one.param(name.split('.').next().unwrap()).unwrap();
            assert!(!param.secret, "{}.{name}", one.name);
        }
    }
}

#[test]
fn a_record_is_named_by_what_the_write_cannot_do_without() {
    for one in actions() {
        let Some(record) = &one.record else { continue };
        let mut named = record.same.iter().map(|(_, ours)| one.param(ours).unwrap());
        let mut ways = record.send.iter().map(|(_, ours)| one.param(ours).unwrap());
        assert!(
            named.any(|param| param.required) || ways.all(|param| !param.required),
            "{}",
            one.name
        );
    }
}

#[test]
fn every_write_says_whom_it_is_about_or_stands_for_itself() {
    // What is only noted down may be noted many times, and what names nobody is about all.
    let alone = [
        "AddClientNote",
        "AddProjectMessage",
        "AddTicketNote",
        "LogActivity",
        "SendAdminEmail",
        "UpdateAdminNotes",
    ];
    let silent = actions()
        .iter()
        .filter(|action| action.is_write() && action.about.is_empty());
    assert_eq!(names(silent), alone);
}
