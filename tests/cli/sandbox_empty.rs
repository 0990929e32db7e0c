//! A host without clients, from which test-suites start: `--clients 0`.

use serde_json::Value;

use crate::support::{Desk, Sandbox};

/// What has happened, of which there is nothing yet.
const EMPTY: &[&str] = &[
    "GetActivityLog",
    "GetAffiliates",
    "GetAnnouncements",
    "GetCancelledPackages",
    "GetClients",
    "GetClientsAddons",
    "GetClientsDomains",
    "GetClientsProducts",
    "GetContacts",
    "GetInvoices",
    "GetModuleQueue",
    "GetOrders",
    "GetProjects",
    "GetQuotes",
    "GetTickets",
    "GetTransactions",
    "GetUsers",
    "ListOAuthCredentials",
];

/// What it sells, how it is paid, and who works there.
const FILLED: &[&str] = &[
    "GetAdminUsers",
    "GetClientGroups",
    "GetCurrencies",
    "GetEmailTemplates",
    "GetOrderStatuses",
    "GetPaymentMethods",
    "GetPermissionsList",
    "GetProducts",
    "GetPromotions",
    "GetRegistrars",
    "GetServers",
    "GetStaffOnline",
    "GetSupportDepartments",
    "GetSupportStatuses",
    "GetTicketPredefinedCats",
    "GetTicketPredefinedReplies",
    "GetToDoItemStatuses",
];

/// The list at a dotted path; one in a wrapper is empty text there when it is empty.
fn list<'r>(reply: &'r Value, path: &str) -> &'r [Value] {
    let pointer = format!("/{}", path.replace('.', "/"));
    let wrapper = path.rsplit_once('.').map_or("", |(wrapper, _)| wrapper);
    if !wrapper.is_empty() && reply[wrapper] == "" {
        return &[];
    }
    let list = reply.pointer(&pointer).and_then(Value::as_array);
    list.unwrap_or_else(|| panic!("no list at {path}: {reply}"))
}

#[test]
fn a_host_without_clients_lists_nothing_but_what_it_sells() {
    let sandbox = Sandbox::with(&["--clients", "0"]);
    let actions = Desk::new().whmcsh(["actions", "--json"]).json();
    let lists =
        actions.as_array().unwrap().iter().filter_map(|action| {
            Some((action["name"].as_str()?, action["list"]["path"].as_str()?))
        });
    let (mut empty, mut filled, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for (action, path) in lists {
        let reply = sandbox.ask(action, &[]);
        if reply["result"] == "error" || action == "GetToDoItems" {
            other.push(action);
        } else if list(&reply, path).is_empty() {
            for count in ["totalresults", "numreturned", "count"] {
                let count = reply[count].to_string();
                assert!(
                    ["0", "null"].contains(&count.trim_matches('"')),
                    "{action}: {reply}"
                );
            }
            empty.push(action);
        } else {
            filled.push(action);
        }
    }
    let sorted = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(sorted(empty), EMPTY.join(" "));
    assert_eq!(sorted(filled), FILLED.join(" "));
    assert_eq!(
        sorted(other),
        "GetCredits GetEmails GetModuleConfigurationParameters GetPayMethods GetTicketNotes GetToDoItems",
        "of a record that is not named; to-do items have no list when there are none"
    );
}

#[test]
fn the_first_client_of_a_host_without_any_gets_the_first_ids() {
    let sandbox = Sandbox::with(&["--clients", "0"]);
    let person = [
        ("firstname", "Ann"),
        ("lastname", "Lee"),
        ("email", "ann@example.com"),
        ("address1", "1 High Street"),
        ("city", "Leeds"),
        ("state", "Yorkshire"),
        ("postcode", "LS1 1AA"),
        ("country", "GB"),
        ("phonenumber", "0113 555 0100"),
        ("password2", "long and unlikely 7"),
    ];
    let client = sandbox.ask("AddClient", &person);
    assert_eq!(client["clientid"], 1, "{client}");
    let order = sandbox.ask(
        "AddOrder",
        &[
            ("clientid", "1"),
            ("pid[0]", "1"),
            ("billingcycle[0]", "monthly"),
            ("paymentmethod", "paypal"),
        ],
    );
    let made = ["orderid", "serviceids", "invoiceid"].map(|name| order[name].to_string());
    assert_eq!(made, ["1", "\"1\"", "1"].map(str::to_owned), "{order}");
    assert_eq!(sandbox.ask("GetClients", &[])["totalresults"], 1);
}
