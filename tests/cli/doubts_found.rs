//! Every create that a list can show is found after its reply was lost, and another's
//! record is not taken for it.

use std::sync::Mutex;

use serde_json::Value;

use crate::support::{Sandbox, at_once};

/// A create, and the list that shows it.
struct Create {
    /// The call as a script writes it.
    call: &'static str,
    /// The action and its parameters.
    action: &'static str,
    params: &'static [(&'static str, &'static str)],
    /// The list, with what narrows it.
    list: &'static str,
    query: &'static [(&'static str, &'static str)],
    /// Whether WHMCS lets two of the same be.
    may_be_twice: bool,
}

const CREATES: &[Create] = &[
    Create {
        call: "add_credit(#{ clientid: 1, description: \"found\", amount: \"3.50\" })",
        action: "AddCredit",
        params: &[
            ("clientid", "1"),
            ("description", "found"),
            ("amount", "3.50"),
        ],
        list: "GetCredits",
        query: &[("clientid", "1")],
        may_be_twice: true,
    },
    Create {
        call: "add_contact(#{ clientid: 1, firstname: \"Kim\", lastname: \"L\", email: \"kim@found.example\" })",
        action: "AddContact",
        params: &[],
        list: "GetContacts",
        query: &[("userid", "1")],
        may_be_twice: false,
    },
    Create {
        call: "open_ticket(#{ deptid: 1, subject: \"found\", message: \"Hello there\", clientid: 1 })",
        action: "OpenTicket",
        params: &[
            ("deptid", "1"),
            ("subject", "found"),
            ("message", "Hello there"),
            ("clientid", "1"),
        ],
        list: "GetTickets",
        query: &[("clientid", "1"), ("limitnum", "500")],
        may_be_twice: true,
    },
    Create {
        call: "add_ticket_reply(#{ ticketid: TICKET, message: \"found & well\", clientid: 1 })",
        action: "AddTicketReply",
        params: &[
            ("ticketid", "TICKET"),
            ("message", "found & well"),
            ("clientid", "1"),
        ],
        list: "GetTicket",
        query: &[("ticketid", "TICKET")],
        may_be_twice: true,
    },
    Create {
        call: "add_ticket_note(#{ ticketid: TICKET, message: \"found\" })",
        action: "AddTicketNote",
        params: &[("ticketid", "TICKET"), ("message", "found")],
        list: "GetTicketNotes",
        query: &[("ticketid", "TICKET")],
        may_be_twice: true,
    },
    Create {
        call: "create_invoice(#{ userid: 1, itemdescription: [\"a\", \"b\"], itemamount: [\"1.25\", \"2.50\"], paymentmethod: \"banktransfer\" })",
        action: "CreateInvoice",
        params: &[
            ("userid", "1"),
            ("itemdescription1", "a"),
            ("itemamount1", "1.25"),
            ("itemdescription2", "b"),
            ("itemamount2", "2.50"),
            ("paymentmethod", "banktransfer"),
        ],
        list: "GetInvoices",
        query: &[("userid", "1"), ("limitnum", "500")],
        may_be_twice: true,
    },
    Create {
        call: "create_quote(#{ subject: \"found\", stage: \"Draft\", validuntil: \"2030-01-01\", userid: 1 })",
        action: "CreateQuote",
        params: &[
            ("subject", "found"),
            ("stage", "Draft"),
            ("validuntil", "2030-01-01"),
            ("userid", "1"),
        ],
        list: "GetQuotes",
        query: &[("limitnum", "500")],
        may_be_twice: true,
    },
    Create {
        call: "add_order(#{ clientid: 1, pid: [1], billingcycle: [\"monthly\"], paymentmethod: \"banktransfer\", noemail: true })",
        action: "AddOrder",
        params: &[
            ("clientid", "1"),
            ("pid[0]", "1"),
            ("billingcycle[0]", "monthly"),
            ("paymentmethod", "banktransfer"),
        ],
        list: "GetOrders",
        query: &[("userid", "1"), ("limitnum", "500")],
        may_be_twice: true,
    },
    Create {
        call: "add_transaction(#{ paymentmethod: \"banktransfer\", userid: 1, transid: \"FOUND-1\", amountin: \"4.00\", date: today() })",
        action: "AddTransaction",
        params: &[],
        list: "GetTransactions",
        query: &[("transid", "FOUND-1")],
        may_be_twice: false,
    },
    Create {
        call: "add_user(#{ firstname: \"Kim\", lastname: \"L\", email: \"kim@found.example\", password2: random_password(20) })",
        action: "AddUser",
        params: &[],
        list: "GetUsers",
        query: &[("search", "kim@found.example")],
        may_be_twice: false,
    },
    Create {
        call: "add_product(#{ name: \"found\", gid: 1, type: \"other\" })",
        action: "AddProduct",
        params: &[("name", "found"), ("gid", "1"), ("type", "other")],
        list: "GetProducts",
        query: &[("gid", "1")],
        may_be_twice: true,
    },
    Create {
        call: "add_announcement(#{ date: \"2026-01-02 03:04:05\", title: \"found\", announcement: \"<p>x</p>\" })",
        action: "AddAnnouncement",
        params: &[
            ("date", "2026-01-02 03:04:05"),
            ("title", "found"),
            ("announcement", "<p>x</p>"),
        ],
        list: "GetAnnouncements",
        query: &[("limitnum", "500")],
        may_be_twice: true,
    },
    Create {
        call: "create_project(#{ title: \"found\", adminid: 1 })",
        action: "CreateProject",
        params: &[("title", "found"), ("adminid", "1")],
        list: "GetProjects",
        query: &[("limitnum", "500")],
        may_be_twice: true,
    },
];

/// A ticket to write to.
fn ticket(sandbox: &Sandbox, create: &Create) -> String {
    if !create.call.contains("TICKET") {
        return String::new();
    }
    let params = [
        ("deptid", "1"),
        ("subject", "first"),
        ("message", "x"),
        ("clientid", "1"),
    ];
    let opened = sandbox.ask("OpenTicket", &params);
    opened["id"].to_string().replace('"', "")
}

/// Asks with that ticket where one is meant.
fn ask(sandbox: &Sandbox, action: &str, params: &[(&str, &str)], ticket: &str) -> Value {
    let params: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (*name, if *value == "TICKET" { ticket } else { value }))
        .collect();
    sandbox.ask(action, &params)
}

/// How many records the list has.
fn count(sandbox: &Sandbox, create: &Create, ticket: &str) -> usize {
    let reply = ask(sandbox, create.list, create.query, ticket);
    records(&reply).map_or(0, Vec::len)
}

/// Tests each create beside the others; what went wrong is told of all of them.
fn none_short<'c>(
    creates: impl Iterator<Item = &'c Create>,
    test: impl Fn(&Create) -> Option<String> + Sync,
) {
    let short = Mutex::new(Vec::new());
    at_once(creates, |create| {
        if let Some(what) = test(create) {
            short
                .lock()
                .unwrap()
                .push(format!("{}: {what}", create.action));
        }
    });
    let short = short.into_inner().unwrap();
    assert!(short.is_empty(), "{}", short.join("\n"));
}

/// The first list in a reply.
fn records(reply: &Value) -> Option<&Vec<Value>> {
    match reply {
        Value::Array(records) => Some(records),
        Value::Object(fields) => fields.values().find_map(records),
        _ => None,
    }
}

#[test]
fn a_create_whose_reply_was_lost_is_found() {
    none_short(CREATES.iter(), |create| {
        let fault = format!("reset-after@{}:#{}", create.action, nth(create));
        let sandbox = Sandbox::with(&["--fault", &fault]);
        let ticket = ticket(&sandbox, create);
        let before = count(&sandbox, create, &ticket);
        let call = create.call.replace("TICKET", &ticket);
        let outcome = sandbox.desk().script(&format!("{call};"));
        let made = count(&sandbox, create, &ticket).saturating_sub(before);
        let is_once = (outcome.code, made) == (Some(0), 1);
        (!is_once).then(|| format!("made {made}: {}", outcome.stderr))
    });
}

/// Which call of the action is the script's: a ticket to write to is opened before.
fn nth(create: &Create) -> usize {
    1 + usize::from(create.action == "OpenTicket" && create.call.contains("TICKET"))
}

#[test]
fn the_record_of_another_is_not_taken_for_a_create_that_never_arrived() {
    let twice = CREATES.iter().filter(|create| create.may_be_twice);
    none_short(twice, |create| {
        let fault = format!("reset-before@{}:#{}", create.action, nth(create) + 1);
        let sandbox = Sandbox::with(&["--fault", &fault]);
        let ticket = ticket(&sandbox, create);
        let theirs = ask(&sandbox, create.action, create.params, &ticket);
        let before = count(&sandbox, create, &ticket);
        let call = create.call.replace("TICKET", &ticket);
        let outcome = sandbox.desk().script(&format!("{call};"));
        let made = count(&sandbox, create, &ticket).saturating_sub(before);
        let is_once = (outcome.code, made) == (Some(0), 1);
        (!is_once).then(|| format!("{theirs}: made {made}: {}", outcome.stderr))
    });
}

#[test]
fn what_no_list_shows_is_asked() {
    for call in [
        "add_client_note(#{ userid: 1, notes: \"x\" })",
        "add_billable_item(#{ clientid: 1, description: \"x\", amount: \"1.00\" })",
    ] {
        let fault = "reset-after@AddClientNote:#1,reset-after@AddBillableItem:#1";
        let sandbox = Sandbox::with(&["--fault", fault]);
        let outcome = sandbox.desk().script(&format!("{call};"));
        assert!(
            outcome.failed(5).contains("runs settle"),
            "{}",
            outcome.stderr
        );
    }
}
