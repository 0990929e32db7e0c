//! Every create that a list can show is found after its reply was lost, and another's
//! record is not taken for it.

use std::sync::Mutex;

use serde_json::Value;

use crate::support::{Sandbox, at_once, int};

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
        call: "create_quote(#{ subject: \"found\", stage: \"Draft\", validuntil: \"01/01/2030\", userid: 1 })",
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
        call: "add_transaction(#{ paymentmethod: \"banktransfer\", userid: 1, transid: \"FOUND-1\", amountin: \"4.00\", date: today().format(\"%d/%m/%Y\") })",
        action: "AddTransaction",
        params: &[],
        list: "GetTransactions",
        query: &[("transid", "FOUND-1")],
        may_be_twice: false,
    },
    Create {
        call: "add_transaction(#{ paymentmethod: \"banktransfer\", userid: 1, description: \"found\", amountin: \"4.25\" })",
        action: "AddTransaction",
        params: &[
            ("paymentmethod", "banktransfer"),
            ("userid", "1"),
            ("description", "found"),
            ("amountin", "4.25"),
        ],
        list: "GetTransactions",
        query: &[("clientid", "1")],
        may_be_twice: true,
    },
    Create {
        call: "add_transaction(#{ paymentmethod: \"banktransfer\", invoiceid: 1, description: \"found\", amountout: \"0.25\" })",
        action: "AddTransaction",
        params: &[
            ("paymentmethod", "banktransfer"),
            ("invoiceid", "1"),
            ("description", "found"),
            ("amountout", "0.25"),
        ],
        list: "GetTransactions",
        query: &[("invoiceid", "1")],
        may_be_twice: true,
    },
    Create {
        call: "add_contact(#{ clientid: 1, firstname: \"Kim\", lastname: \"Without\" })",
        action: "AddContact",
        params: &[
            ("clientid", "1"),
            ("firstname", "Kim"),
            ("lastname", "Without"),
        ],
        list: "GetContacts",
        query: &[("userid", "1")],
        may_be_twice: true,
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
fn a_transaction_that_never_arrived_is_not_taken_for_one_of_the_run_to_an_invoice_of_the_client() {
    let sandbox = Sandbox::with(&["--fault", "reset-before@AddTransaction:#2"]);
    let owner = int(&sandbox.ask("GetInvoice", &[("invoiceid", "1")])["userid"]).unwrap();
    let add = |whose: &str| {
        format!(
            "add_transaction(#{{ paymentmethod: \"banktransfer\", {whose}, amountout: \"0.25\" }});"
        )
    };
    let script = format!(
        "{}\nget_clients(#{{ limitnum: 1 }});\n{}",
        add("invoiceid: 1"),
        add(&format!("userid: {owner}"))
    );
    let outcome = sandbox.desk().script(&script);
    let all = sandbox.ask("GetTransactions", &[("clientid", &owner.to_string())]);
    let theirs = records(&all).unwrap().iter();
    let made = theirs
        .filter(|record| record["amountout"] == "0.25")
        .count();
    // Sent again, or asked for where it cannot be told: never taken for the other.
    match outcome.code {
        Some(0) => assert_eq!(made, 2),
        code => assert_eq!((code, made), (Some(5), 1), "{}", outcome.stderr),
    }
}

#[test]
fn an_update_that_moved_its_client_to_another_address_is_found_there() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@UpdateClient:#1"]);
    let client = |id: &str| sandbox.ask("GetClientsDetails", &[("clientid", id)])["client"].clone();
    let old = client("1")["email"].as_str().unwrap().to_owned();
    let script = format!(
        "let done = update_client(#{{ clientemail: \"{old}\", email: \"moved@found.example\", city: \"Bonn\" }}); \
         print(done.clientid);"
    );
    let outcome = sandbox.desk().script(&script);
    assert_eq!(outcome.succeeded(), "1\n");
    assert_eq!(client("1")["email"], "moved@found.example");
}

#[test]
fn another_client_with_the_new_address_does_not_settle_an_update_and_whmcs_is_not_said_to_say_so() {
    let sandbox = Sandbox::with(&["--fault", "reset-before@UpdateClient:#1"]);
    let taken = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    let taken = taken["client"]["email"].as_str().unwrap().to_owned();
    let script =
        format!("update_client(#{{ clientemail: \"nobody@found.example\", email: \"{taken}\" }});");
    let outcome = sandbox.desk().script(&script);
    let error = outcome.failed(5);
    let told = "`UpdateClient` may or may not have been applied before, and sending it again failed: WHMCS said \"Client";
    assert!(error.contains(told), "{error}");
    assert!(!error.contains("was refused"), "{error}");
    assert!(error.contains("whmcsh runs settle"), "{error}");
}

#[test]
fn the_record_of_a_run_that_nobody_can_read_is_not_taken_for_a_write_that_never_arrived() {
    let meddles: [fn(&std::path::Path); 2] = [
        |journal| std::fs::write(journal, [0; 4096]).unwrap(),
        |journal| std::fs::remove_file(journal).unwrap(),
    ];
    for meddle in meddles {
        let sandbox = Sandbox::with(&["--fault", "reset-before@AddCredit:#1"]);
        let desk = sandbox.desk().variable("WHMCSH_LATE_AFTER", "100");
        let credit =
            "add_credit(#{ clientid: 1, description: \"once\", amount: money(\"5.00\") });";
        desk.file("first.rhai", credit);
        desk.file("second.rhai", credit);
        desk.whmcsh(["run", "first.rhai", "--no-wait"]).failed(5);
        let first = desk.only_run();
        desk.whmcsh(["run", "second.rhai"]).succeeded();
        let second = desk.runs().into_iter().find(|run| *run != first).unwrap();
        meddle(&second.join("journal.log"));
        let resumed = desk.whmcsh(["run", "first.rhai", "--resume", "last", "--no-wait"]);
        let said = resumed.failed(5);
        assert!(said.contains("may or may not have been applied"), "{said}");
    }
}

#[test]
fn what_no_list_shows_is_asked() {
    for call in [
        "add_client_note(#{ userid: 1, notes: \"x\" })",
        "add_billable_item(#{ clientid: 1, description: \"x\", amount: \"1.00\", unit: \"hours\" })",
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

/// A call that brings a record into a state.
struct Turned {
    action: &'static str,
    /// The parameter that names the record, and its field in the list.
    named: (&'static str, &'static str),
    list: &'static str,
    /// The states it comes from and goes to.
    from: &'static str,
    to: &'static str,
}

const TURNED: &[Turned] = &[
    Turned {
        action: "ModuleSuspend",
        named: ("serviceid", "id"),
        list: "GetClientsProducts",
        from: "Active",
        to: "Suspended",
    },
    Turned {
        action: "ModuleUnsuspend",
        named: ("serviceid", "id"),
        list: "GetClientsProducts",
        from: "Suspended",
        to: "Active",
    },
    Turned {
        action: "ModuleCreate",
        named: ("serviceid", "id"),
        list: "GetClientsProducts",
        from: "Pending",
        to: "Active",
    },
    Turned {
        action: "ModuleTerminate",
        named: ("serviceid", "id"),
        list: "GetClientsProducts",
        from: "Active",
        to: "Terminated",
    },
    Turned {
        action: "DomainRegister",
        named: ("domain", "domainname"),
        list: "GetClientsDomains",
        from: "Pending",
        to: "Active",
    },
    Turned {
        action: "DomainRenew",
        named: ("domain", "domainname"),
        list: "GetClientsDomains",
        from: "Active",
        to: "Active",
    },
    Turned {
        action: "AcceptOrder",
        named: ("orderid", "id"),
        list: "GetOrders",
        from: "Pending",
        to: "Active",
    },
    Turned {
        action: "CancelOrder",
        named: ("orderid", "id"),
        list: "GetOrders",
        from: "Pending",
        to: "Cancelled",
    },
    Turned {
        action: "FraudOrder",
        named: ("orderid", "id"),
        list: "GetOrders",
        from: "Pending",
        to: "Fraud",
    },
    Turned {
        action: "AcceptQuote",
        named: ("quoteid", "id"),
        list: "GetQuotes",
        from: "Delivered",
        to: "Accepted",
    },
    Turned {
        action: "SendQuote",
        named: ("quoteid", "id"),
        list: "GetQuotes",
        from: "Draft",
        to: "Delivered",
    },
];

/// A record of the sandbox in that state, by what names it.
fn in_state(sandbox: &Sandbox, turned: &Turned, state: &str) -> Option<String> {
    let reply = sandbox.ask(turned.list, &[("limitnum", "1000")]);
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (_, field) = turned.named;
    records(&reply)?
        .iter()
        .find(|record| record["status"] == state || record["stage"] == state)
        .map(|record| text(&record[field]))
}

/// A record of the sandbox in the state that a call comes from, by what names it; made where
/// the sandbox has none.
fn begun(sandbox: &Sandbox, turned: &Turned) -> Option<String> {
    match turned.action {
        "ModuleUnsuspend" => {
            let active = in_state(sandbox, turned, "Active")?;
            sandbox.ask("ModuleSuspend", &[("serviceid", &active)]);
            Some(active)
        }
        "DomainRegister" => {
            let order = [
                ("clientid", "1"),
                ("paymentmethod", "banktransfer"),
                ("domain[]", "found-here.com"),
                ("domaintype[]", "register"),
                ("regperiod[]", "1"),
            ];
            let ordered = sandbox.ask("AddOrder", &order);
            assert_eq!(ordered["result"], "success", "{ordered}");
            Some("found-here.com".to_owned())
        }
        "AcceptQuote" | "SendQuote" => {
            let quote = [
                ("subject", "found"),
                ("stage", turned.from),
                ("validuntil", "2030-01-01"),
                ("userid", "1"),
            ];
            let made = sandbox.ask("CreateQuote", &quote);
            assert_eq!(made["result"], "success", "{made}");
            int(&made["quoteid"]).map(|id| id.to_string())
        }
        _ => in_state(sandbox, turned, turned.from),
    }
}

#[test]
fn a_call_that_changes_a_state_is_found_by_the_state_it_left() {
    let faults = [
        ("reset-after", 0),
        ("reset-before", 5),
        // What WHMCS says of a module that did not answer.
        ("module-timeout-after", 0),
        ("module-timeout", 5),
    ];
    let asks_a_module = |action: &str| action.starts_with("Module") || action.starts_with("Domain");
    let cases = TURNED
        .iter()
        .flat_map(|turned| faults.map(|(fault, code)| (turned, fault, code)))
        .filter(|(turned, fault, _)| !fault.starts_with("module") || asks_a_module(turned.action));
    at_once(cases, |(turned, fault, code)| {
        let fault = format!("{fault}@{}:#1", turned.action);
        let sandbox = Sandbox::with(&["--fault", &fault]);
        let name = begun(&sandbox, turned).unwrap();
        let desk = sandbox.desk();
        let named = format!("{}={{n}}", turned.named.0);
        desk.file("rows.csv", format!("n\n{name}\n"));
        let words = ["each", "rows.csv", "--max-deletes", "9", "--"];
        let outcome = desk.whmcsh([&words[..], &[turned.action, &named]].concat());
        assert_eq!(outcome.code, Some(code), "{fault}: {}", outcome.stderr);
    });
}

#[test]
fn a_delete_whose_reply_was_lost_is_done_if_there_is_nothing_left_to_delete() {
    let sandbox = Sandbox::with(&["--fault", "503-after@DeleteClient:#1"]);
    let desk = sandbox.desk();
    let outcome = desk.script("delete_client(#{ clientid: 2 });");
    outcome.succeeded();
}

#[test]
fn an_order_of_something_else_is_not_taken_for_one_that_never_arrived() {
    // The doubt is looked for when the client has ordered another product meanwhile.
    let sandbox = Sandbox::with(&["--fault", "reset-before@AddOrder:#1"]);
    let desk = sandbox.desk().variable("WHMCSH_LATE_AFTER", "100");
    let order = "#{ clientid: 1, pid: [PID], billingcycle: [\"monthly\"], paymentmethod: \"banktransfer\" }";
    desk.file(
        "script.rhai",
        format!("add_order({});", order.replace("PID", "1")),
    );
    desk.whmcsh(["run", "script.rhai", "--no-wait"]).failed(5);
    let other = [
        ("clientid", "1"),
        ("pid[0]", "2"),
        ("billingcycle[0]", "monthly"),
        ("paymentmethod", "banktransfer"),
    ];
    assert!(sandbox.ask("AddOrder", &other)["orderid"].is_u64());
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", "last", "--no-wait"]);
    let error = resumed.failed(5);
    assert!(error.contains("it, but may be"), "{error}");
}

/// A write that never arrives, and one of somebody else's that a list shows alike.
struct Alike {
    action: &'static str,
    ours: &'static str,
    theirs: &'static [(&'static str, &'static str)],
    list: &'static str,
    query: &'static [(&'static str, &'static str)],
}

const ALIKE: [Alike; 6] = [
    Alike {
        action: "OpenTicket",
        ours: "open_ticket(#{ clientid: 1, deptid: 1, subject: \"Invoice\", message: \"Where is mine?\" });",
        theirs: &[
            ("clientid", "1"),
            ("deptid", "1"),
            ("subject", "Invoice"),
            ("message", "Thank you for it"),
        ],
        list: "GetTickets",
        query: &[("subject", "Invoice")],
    },
    Alike {
        action: "CreateInvoice",
        ours: "create_invoice(#{ userid: 1, itemdescription1: \"Support\", itemamount1: \"25.00\" });",
        theirs: &[
            ("userid", "1"),
            ("itemdescription1", "Migration"),
            ("itemamount1", "25.00"),
        ],
        list: "GetInvoices",
        query: &[("userid", "1")],
    },
    Alike {
        action: "AddOrder",
        ours: "call(\"AddOrder\", #{ clientid: 1, \"pid[0]\": 1, \"billingcycle[0]\": \"monthly\", paymentmethod: \"banktransfer\" });",
        theirs: &[
            ("clientid", "1"),
            ("pid[0]", "2"),
            ("billingcycle[0]", "monthly"),
            ("paymentmethod", "banktransfer"),
        ],
        list: "GetOrders",
        query: &[("userid", "1")],
    },
    // The same lines and the same sums, of other lines.
    Alike {
        action: "CreateInvoice",
        ours: "create_invoice(#{ userid: 1, itemdescription: [\"a\", \"b\"], itemamount: [\"1.00\", \"2.00\"] });",
        theirs: &[
            ("userid", "1"),
            ("itemdescription1", "a"),
            ("itemamount1", "2.00"),
            ("itemdescription2", "b"),
            ("itemamount2", "1.00"),
        ],
        list: "GetInvoices",
        query: &[("userid", "1")],
    },
    Alike {
        action: "AddTransaction",
        ours: "add_transaction(#{ paymentmethod: \"banktransfer\", userid: 1, transid: \"T-2\", amountin: \"5.00\" });",
        theirs: &[
            ("paymentmethod", "banktransfer"),
            ("userid", "1"),
            ("transid", "T-2"),
            ("amountin", "2.00"),
        ],
        list: "GetTransactions",
        query: &[("transid", "T-2")],
    },
    Alike {
        action: "AddInvoicePayment",
        ours: "add_invoice_payment(#{ invoiceid: 3, transid: \"T-1\", gateway: \"banktransfer\", amount: \"5.00\", date: \"2026-11-30 10:00:00\" });",
        theirs: &[
            ("invoiceid", "3"),
            ("transid", "T-1"),
            ("gateway", "banktransfer"),
            ("amount", "2.00"),
            ("date", "2026-11-30 10:00:00"),
        ],
        list: "GetTransactions",
        query: &[("transid", "T-1")],
    },
];

#[test]
fn a_record_of_anothers_that_a_list_shows_alike_is_not_taken_for_a_write_that_never_arrived() {
    for Alike {
        action,
        ours,
        theirs,
        ..
    } in ALIKE
    {
        let sandbox = Sandbox::with(&["--fault", &format!("reset-before@{action}:#1")]);
        let desk = sandbox.desk().variable("WHMCSH_LATE_AFTER", "100");
        desk.file("script.rhai", ours);
        desk.whmcsh(["run", "script.rhai", "--no-wait"]).failed(5);
        assert_eq!(sandbox.ask(action, theirs)["result"], "success", "{action}");
        let resumed = desk.whmcsh(["run", "script.rhai", "--resume", "last", "--no-wait"]);
        let error = resumed.failed(5);
        assert!(error.contains(&format!("`{action}`")), "{action}: {error}");
    }
}

#[test]
fn a_create_whose_lists_were_given_piece_by_piece_is_found() {
    for alike in ALIKE {
        let action = alike.action;
        let sandbox = Sandbox::with(&["--fault", &format!("reset-after@{action}:#1")]);
        let there = || int(&sandbox.ask(alike.list, alike.query)["totalresults"]).unwrap();
        let before = there();
        sandbox.desk().script(alike.ours).succeeded();
        assert_eq!(there(), before + 1, "{action}");
    }
}

#[test]
fn an_order_that_is_found_tells_the_ids_of_what_it_consists_of() {
    let script = "let o = add_order(#{ clientid: 3, paymentmethod: \"banktransfer\", noemail: true,\n\
         pid: [2, 3], billingcycle: [\"annually\", \"monthly\"], addons: [\"1\", \"\"],\n\
         domain: [\"shop.com\", \"\"], domaintype: [\"register\", \"\"], regperiod: [2, \"\"] });\n\
         print(`${o.orderid} ${o.invoiceid} s ${o.serviceids} p ${o.productids} a ${o.addonids} d ${o.domainids}`);";
    let printed = [&[][..], &["--fault", "reset-after@AddOrder:#1"]].map(|options| {
        let sandbox = Sandbox::with(options);
        sandbox.desk().script(script).succeeded().to_owned()
    });
    assert_eq!(printed[0], printed[1]);
    assert!(
        printed[0].contains(" s 5,6 p 5,6 a 1 d 2"),
        "{}",
        printed[0]
    );
}

#[test]
fn a_field_that_no_list_shows_of_a_found_write_is_not_empty() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClient:#1"]);
    let desk = sandbox.desk();
    let script = "let c = add_client(#{ email: \"kim@found.example\", firstname: \"Kim\", \
         password2: \"s3cr3t-s3cr3t\", skipvalidation: true });\n\
         log_activity(#{ description: `user ${c.owner_id}` });";
    desk.file("script.rhai", script);
    let refused = desk.whmcsh(["run", "script.rhai"]);
    let error = refused.failed(1);
    let told = "`owner_id` of the reply to `AddClient` (write 1) is not known: the reply was lost";
    assert!(error.contains(told), "{error}");
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let reply = "{\"clientid\": 1, \"owner_id\": 7}";
    let settle = [
        "runs", "settle", run, "--write", "1", "--done", "--reply", reply,
    ];
    desk.whmcsh(settle).succeeded();
    desk.whmcsh(["run", "script.rhai", "--resume", run])
        .succeeded();
}

#[test]
fn what_nobody_saw_of_a_found_write_is_not_called_secret_in_the_results() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClient:#1"]);
    let desk = sandbox.desk();
    desk.script(
        "bulk([1], |n| add_client(#{ email: \"kim@found.example\", firstname: \"Kim\", \
         password2: \"s3cr3t-s3cr3t\", skipvalidation: true }));",
    )
    .succeeded();
    let results = std::fs::read_to_string(desk.only_run().join("results.csv")).unwrap();
    assert!(results.contains("owner_id"), "{results}");
    assert!(results.contains("(not known)"), "{results}");
    assert!(!results.contains("(secret)"), "{results}");
}

#[test]
fn a_state_that_was_there_before_settles_nothing() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@ModuleUnsuspend:#1"]);
    let turned = &TURNED[1];
    let name = in_state(&sandbox, turned, turned.to).unwrap();
    let desk = sandbox.desk();
    let script = format!("module_unsuspend(#{{ serviceid: {name} }});");
    let outcome = desk.script(&script);
    let said = outcome.failed(5);
    assert!(
        said.contains(&format!("record {name} matches it")),
        "{said}"
    );
}

#[test]
fn a_payment_that_was_captured_is_found_by_its_transaction() {
    let faults = [
        "reset-after",
        "module-timeout-after",
        "reset-before",
        "module-timeout",
    ];
    at_once(faults, |fault| {
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@CapturePayment:#1")]);
        let card = [
            ("clientid", "1"),
            ("type", "CreditCard"),
            ("card_number", "4242424242424242"),
            ("card_expiry", "1299"),
        ];
        let kept = sandbox.ask("AddPayMethod", &card);
        assert_eq!(kept["result"], "success", "{kept}");
        let invoice = [
            ("userid", "1"),
            ("status", "Unpaid"),
            ("paymentmethod", "banktransfer"),
            ("itemdescription1", "x"),
            ("itemamount1", "30.00"),
        ];
        let made = sandbox.ask("CreateInvoice", &invoice);
        let invoice = int(&made["invoiceid"]).unwrap().to_string();
        let script = format!("capture_payment(#{{ invoiceid: {invoice} }});");
        let outcome = sandbox.desk().script(&script);
        // That there is none says nothing: the gateway may be at it still.
        let code = if fault.ends_with("-after") { 0 } else { 5 };
        assert_eq!(outcome.code, Some(code), "{fault}: {}", outcome.stderr);
        let there = sandbox.ask("GetTransactions", &[("invoiceid", &invoice)]);
        let count = int(&there["totalresults"]).unwrap();
        assert_eq!(count, i64::from(code == 0), "{fault}: {there}");
    });
}

#[test]
fn credit_that_was_applied_is_found_by_what_its_invoice_has() {
    at_once(["reset-after", "reset-before"], |fault| {
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@ApplyCredit:#2")]);
        let credit = [("clientid", "1"), ("description", "x"), ("amount", "50.00")];
        sandbox.ask("AddCredit", &credit);
        let invoice = [
            ("userid", "1"),
            ("status", "Unpaid"),
            ("date", "2026-11-01"),
            ("duedate", "2026-12-01"),
            ("paymentmethod", "banktransfer"),
            ("itemdescription1", "x"),
            ("itemamount1", "30.00"),
        ];
        let made = sandbox.ask("CreateInvoice", &invoice);
        let invoice = int(&made["invoiceid"]).unwrap().to_string();
        // What was there before is not taken for it.
        let first = [("invoiceid", &*invoice), ("amount", "4.00")];
        sandbox.ask("ApplyCredit", &first);
        let desk = sandbox.desk().variable("WHMCSH_LATE_AFTER", "0");
        let script = format!("apply_credit(#{{ invoiceid: {invoice}, amount: \"4.00\" }});");
        let outcome = desk.script(&script);
        outcome.succeeded();
        let shown = sandbox.ask("GetInvoice", &[("invoiceid", &invoice)]);
        assert_eq!(shown["credit"], "8.00", "{fault}: {shown}");
    });
}
