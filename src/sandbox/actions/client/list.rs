//! `GetClients` and `GetClientGroups`.

use crate::sandbox::call::Call;
use crate::sandbox::list::{Listing, direction};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// What `orderby` may name.
const ORDERS: &[&str] = &[
    "id",
    "firstname",
    "lastname",
    "companyname",
    "email",
    "groupid",
    "datecreated",
    "status",
];

/// A page of clients, by status or search.
pub fn get_clients(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, firstname, lastname, companyname, email, datecreated, groupid, status",
        "clients",
    );
    let search = call.given("search");
    if let Some(status) = call.given("status") {
        // What is searched for is found by its own indices, which leave less than a status does.
        let condition = search.map_or("status = ?", |_| "+status = ?");
        listing.only(condition, status.to_owned());
    }
    if let Some(search) = search {
        // The full name starts with the first name, so it stands for both.
        listing.starting(&["email", "fullname", "lastname", "companyname"], search);
    }
    let way = direction(call.text("sorting"));
    let wanted = call.text("orderby").to_ascii_lowercase();
    listing.order(match ORDERS.iter().find(|column| **column == wanted) {
        Some(column) => format!("{column} {way}, id {way}"),
        None => format!("firstname {way}, lastname {way}, companyname {way}, id {way}"),
    });
    let page = listing.page(call)?;
    Ok(page
        .counted()
        .with("clients", wrapped("client", page.records)))
}

/// Every client group.
pub fn get_client_groups(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, groupname, groupcolour, discountpercent, susptermexempt AS \"susptermexempt:on\", \
         separateinvoices AS \"separateinvoices:on\"",
        "client_groups",
    );
    listing.order("id");
    let groups = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", groups.len())
        .with("groups", wrapped("group", groups)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::reply::{Answer, Value};
    use crate::sandbox::store::Store;

    fn ids(reply: &Answer) -> Vec<i64> {
        let Some(Value::Map(clients)) = reply.get("clients") else {
            return Vec::new();
        };
        let Some(Value::List(records)) = clients.get("client") else {
            return Vec::new();
        };
        records
            .iter()
            .map(|record| match record {
                Value::Map(fields) => fields.int("id"),
                _ => 0,
            })
            .collect()
    }

    fn found(query: &str) -> Vec<i64> {
        let store = Store::open(None, 1, None).expect("opens");
        ids(&answer_fields(
            &store,
            &format!("action=GetClients&{query}"),
        ))
    }

    #[test]
    fn a_search_matches_the_start_of_each_name_and_of_the_address() {
        for (search, expected) in [
            ("siobhan.ob", vec![2]),
            ("MARTIN", vec![3]),
            ("price", vec![3]),
            ("martin pri", vec![3]),
            ("Price Beier", vec![3]),
            ("beier", vec![]),
            ("zo%C3%AB m", vec![1]),
            ("ZO%C3%8B M%C3%9CL", vec![1]),
            ("%C5%82ucja w%C3%B3", vec![5]),
            ("m", vec![3, 1]),
            ("%25", vec![]),
            ("_", vec![]),
        ] {
            assert_eq!(found(&format!("search={search}")), expected, "{search}");
        }
    }

    #[test]
    fn clients_are_sorted_by_name_or_as_told() {
        assert_eq!(found("orderby=id&sorting=DESC"), [6, 5, 4, 3, 2, 1]);
        assert_eq!(found("orderby=email"), [4, 6, 5, 3, 2, 1]);
        assert_eq!(found(""), [4, 3, 2, 1, 5, 6]);
        assert_eq!(found("orderby=password")[0], 4);
    }

    #[test]
    fn a_status_filters_and_pages_are_cut_from_the_whole() {
        assert_eq!(found("status=closed"), [5]);
        assert_eq!(found("orderby=id&limitstart=2&limitnum=3"), [3, 4, 5]);
        let store = Store::open(None, 1, Some(30)).expect("opens");
        let reply = answer_fields(&store, "action=GetClients&limitstart=25");
        assert_eq!(ids(&reply).len(), 5);
        let counts = ["totalresults", "startnumber", "numreturned"].map(|name| reply.int(name));
        assert_eq!(counts, [30, 25, 5]);
        let first = answer_fields(&store, "action=GetClients&limitnum=0");
        assert_eq!(ids(&first).len(), 25);
    }

    #[test]
    fn a_record_has_the_documented_fields() {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = answer_fields(&store, "action=getclients&search=zoe");
        let json = ReplyMode::Json.encode("getclients", &reply);
        let today = crate::sandbox::testing::now(&store).date();
        let created = today - jiff::ToSpan::days(700);
        assert_eq!(
            json,
            format!(
                r#"{{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"clients":{{"client":[{{"id":1,"firstname":"Zo\u00eb","lastname":"M\u00fcller","companyname":"M\u00fcller & S\u00f6hne GmbH","email":"zoe.mueller@example.com","datecreated":"{created}","groupid":0,"status":"Active"}}]}}}}"#
            )
        );
    }

    #[test]
    fn groups_say_on_or_nothing() {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = answer_fields(&store, "action=GetClientGroups");
        assert_eq!(
            ReplyMode::Json.encode("GetClientGroups", &reply),
            r##"{"result":"success","totalresults":2,"groups":{"group":[{"id":1,"groupname":"VIP","groupcolour":"#28C99B","discountpercent":"10.00","susptermexempt":"on","separateinvoices":""},{"id":2,"groupname":"Resellers","groupcolour":"#FFFFFF","discountpercent":"0.00","susptermexempt":"","separateinvoices":"on"}]}}"##
        );
    }
}
