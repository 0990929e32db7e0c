//! Lists: which records, in what order, which page.
//!
//! A [`Listing`] is a SELECT put together from an action's filters. WHMCS pages
//! by offset, 25 records unless told otherwise, and counts the whole each time.
//! A page far into a long list must cost little: a listing of a join says which table
//! its records are found in, and only those of the page are joined; a page of the second
//! half is found from the end.

use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;

use super::call::Call;
use super::reply::{Answer, Fields};

/// WHMCS's page when `limitnum` is missing or zero.
const PAGE: i64 = 25;

/// A SELECT in the making.
#[derive(Debug)]
pub struct Listing {
    columns: &'static str,
    from: &'static str,
    conditions: Vec<String>,
    values: Vec<Sql>,
    order: String,
    table: Option<(&'static str, &'static str)>,
}

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// How many records there are in all.
    pub total: i64,
    /// The offset of the first record of this page.
    pub start: i64,
    /// The records of this page.
    pub records: Vec<Fields>,
}

impl Listing {
    /// Those columns of a table or a join; `columns` follows the rules of [`super::db`].
    pub fn new(columns: &'static str, from: &'static str) -> Self {
        Self {
            columns,
            from,
            conditions: Vec::new(),
            values: Vec::new(),
            order: String::new(),
            table: None,
        }
    }

    /// Counts and finds the records of a join in one table of it, `invoices i`, by its id, `i.id`.
    ///
    /// Filters and order may then name that table alone, and each of its records must be in the join once.
    /// It serves a single table too: an index then finds the page, and no other record is read.
    pub fn found_in(&mut self, table: &'static str, id: &'static str) {
        self.table = Some((table, id));
    }

    /// Keeps the records a condition holds for; it has one `?`.
    pub fn only(&mut self, condition: &str, value: impl Into<Sql>) {
        self.conditions.push(condition.to_owned());
        self.values.push(value.into());
    }

    /// Keeps the records in which one of the columns starts with a text, in any case.
    ///
    /// A range where `MySQL` has `LIKE 'text%'`, because a range can use an index.
    pub fn starting(&mut self, columns: &[&str], prefix: &str) {
        let mut ranges = Vec::new();
        for column in columns {
            for spelling in spellings(prefix) {
                ranges.push(format!("({column} >= ? AND {column} < ?)"));
                let end = format!("{spelling}{}", char::MAX);
                self.values.push(spelling.into());
                self.values.push(end.into());
            }
        }
        self.conditions.push(format!("({})", ranges.join(" OR ")));
    }

    /// Keeps the records in which one of the columns contains a text, in any case.
    ///
    /// No pattern of `LIKE`: those may not be as long as a text may be.
    pub fn containing(&mut self, columns: &[&str], text: &str) {
        let tests: Vec<_> = columns
            .iter()
            .map(|column| format!("instr(lower({column}), ?) > 0"))
            .collect();
        self.conditions.push(format!("({})", tests.join(" OR ")));
        for _ in columns {
            self.values.push(text.to_ascii_lowercase().into());
        }
    }

    /// Keeps the records in whose column, a list of ids with commas, all of these are.
    pub fn with_ids(&mut self, column: &str, ids: &[i64]) {
        if ids.is_empty() {
            return;
        }
        self.conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM json_each(?) \
             WHERE instr(',' || {column} || ',', ',' || value || ',') = 0)"
        ));
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        self.values.push(format!("[{}]", ids.join(",")).into());
    }

    /// The order, as SQL after `ORDER BY`: columns with or without a direction, the last one an id, so that no two
    /// records stand alike.
    pub fn order(&mut self, order: impl Into<String>) {
        self.order = order.into();
    }

    /// The page that `limitstart` and `limitnum` ask for.
    pub fn page(&self, call: &Call) -> rusqlite::Result<Page> {
        let start = call.int("limitstart").max(0);
        let count = match call.int("limitnum") {
            count if count > 0 => count,
            _ => PAGE,
        };
        let counted = self.table.map_or(self.from, |(table, _)| table);
        let total: Option<i64> = call.db.value(
            &format!("SELECT COUNT(*) FROM {counted}{}", self.filter()),
            params_from_iter(&self.values),
        )?;
        let total = total.unwrap_or(0);
        let records = self.cut(call, start, count.min(total.saturating_sub(start)), total)?;
        Ok(Page {
            total,
            start,
            records,
        })
    }

    /// That many records after `start` of `total`.
    fn cut(
        &self,
        call: &Call,
        start: i64,
        count: i64,
        total: i64,
    ) -> rusqlite::Result<Vec<Fields>> {
        if count <= 0 {
            return Ok(Vec::new());
        }
        let after = total - start - count;
        let is_from_end = after < start && !self.order.is_empty();
        let (order, passed) = if is_from_end {
            (reversed(&self.order), after)
        } else {
            (self.order.clone(), start)
        };
        let mut values = self.values.clone();
        values.extend([Sql::from(count), Sql::from(passed)]);
        let sql = self.select_page(&order);
        let mut records = call.db.records(&sql, params_from_iter(&values))?;
        if is_from_end {
            records.reverse();
        }
        Ok(records)
    }

    /// Every record, for the lists WHMCS does not page.
    pub fn all(&self, call: &Call) -> rusqlite::Result<Vec<Fields>> {
        call.db
            .records(&self.select(&self.order), params_from_iter(&self.values))
    }

    fn select(&self, order: &str) -> String {
        let (filter, order) = (self.filter(), ordered(order));
        format!("SELECT {} FROM {}{filter}{order}", self.columns, self.from)
    }

    fn select_page(&self, order: &str) -> String {
        let Some((table, id)) = self.table else {
            return format!("{} LIMIT ? OFFSET ?", self.select(order));
        };
        let (filter, order) = (self.filter(), ordered(order));
        format!(
            "SELECT {} FROM {} WHERE {id} IN (SELECT {id} FROM {table}{filter}{order} LIMIT ? OFFSET ?){order}",
            self.columns, self.from
        )
    }

    fn filter(&self) -> String {
        if self.conditions.is_empty() {
            return String::new();
        }
        format!(" WHERE {}", self.conditions.join(" AND "))
    }
}

/// A text as typed; with letters beyond ASCII, whose case `SQLite` does not know, in small letters,
/// in capitals, and with each word capitalised, too.
fn spellings(text: &str) -> Vec<String> {
    let mut spellings = vec![text.to_owned()];
    if !text.is_ascii() {
        let small = text.to_lowercase();
        let words: Vec<String> = small.split(' ').map(capitalised).collect();
        spellings.extend([words.join(" "), text.to_uppercase(), small]);
    }
    spellings
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn ordered(order: &str) -> String {
    match order {
        "" => String::new(),
        order => format!(" ORDER BY {order}"),
    }
}

/// The same order from its end.
fn reversed(order: &str) -> String {
    let turned: Vec<String> = order
        .split(", ")
        .map(|column| match column.strip_suffix(" DESC") {
            Some(column) => format!("{column} ASC"),
            None => format!("{} DESC", column.trim_end_matches(" ASC")),
        })
        .collect();
    turned.join(", ")
}

impl Page {
    /// The start of the answer, with the three counts as numbers.
    pub fn counted(&self) -> Answer {
        Answer::success()
            .with("totalresults", self.total)
            .with("startnumber", self.start)
            .with("numreturned", self.returned())
    }

    /// The same, with the counts as text.
    pub fn counted_in_text(&self) -> Answer {
        Answer::success()
            .with("totalresults", self.total.to_string())
            .with("startnumber", self.start.to_string())
            .with("numreturned", self.returned().to_string())
    }

    /// How many records this page has.
    pub fn returned(&self) -> i64 {
        i64::try_from(self.records.len()).unwrap_or(i64::MAX)
    }
}

/// The SQL word for a direction parameter; ascending unless it says `desc`.
pub fn direction(text: &str) -> &'static str {
    if text.eq_ignore_ascii_case("desc") {
        "DESC"
    } else {
        "ASC"
    }
}

#[cfg(test)]
mod tests {
    use super::super::db::cost;
    use super::super::store::Store;
    use super::super::testing::{answer, column, count};

    /// Each list by each of its orders, the table it is of, and a filter that leaves most of it.
    const LISTS: &[(&str, &str, &str)] = &[
        ("GetClients", "", "clients"),
        ("GetClients", "orderby=id&sorting=DESC", "clients"),
        ("GetClients", "orderby=firstname", "clients"),
        ("GetClients", "orderby=lastname&sorting=DESC", "clients"),
        ("GetClients", "orderby=companyname", "clients"),
        ("GetClients", "orderby=email", "clients"),
        ("GetClients", "orderby=groupid", "clients"),
        ("GetClients", "orderby=datecreated", "clients"),
        ("GetClients", "orderby=status", "clients"),
        (
            "GetClients",
            "status=Active",
            "clients WHERE status = 'Active'",
        ),
        ("GetClientsDomains", "", "domains"),
        ("GetClientsProducts", "", "services"),
        (
            "GetClientsProducts",
            "pid=2",
            "services WHERE product_id = 2",
        ),
        ("GetContacts", "", "contacts"),
        ("GetInvoices", "", "invoices"),
        ("GetInvoices", "orderby=date", "invoices"),
        ("GetInvoices", "orderby=duedate&order=desc", "invoices"),
        ("GetInvoices", "orderby=invoicenumber", "invoices"),
        ("GetInvoices", "orderby=status", "invoices"),
        ("GetInvoices", "orderby=total", "invoices"),
        (
            "GetInvoices",
            "status=Paid",
            "invoices WHERE status = 'Paid'",
        ),
        (
            "GetInvoices",
            "status=Paid&orderby=duedate",
            "invoices WHERE status = 'Paid'",
        ),
        (
            "GetInvoices",
            "status=Paid&orderby=date",
            "invoices WHERE status = 'Paid'",
        ),
        ("GetOrders", "", "orders"),
        (
            "GetOrders",
            "status=Active",
            "orders WHERE status = 'Active'",
        ),
        ("GetTickets", "", "tickets"),
        (
            "GetTickets",
            "status=Closed",
            "tickets WHERE status = 'Closed'",
        ),
        ("GetUsers", "", "users"),
    ];

    #[test]
    fn pages_found_from_either_end_make_the_whole_list_once() {
        let store = Store::open(None, 1, Some(60)).expect("opens");
        for (action, query, path, id) in [
            (
                "GetClients",
                "orderby=status&sorting=DESC",
                "clients.client",
                "id",
            ),
            ("GetInvoices", "orderby=total", "invoices.invoice", "id"),
            ("GetOrders", "", "orders.order", "id"),
            ("GetTickets", "", "tickets.ticket", "id"),
        ] {
            let page = |start: i64, count: i64| {
                let page = format!("{query}&limitstart={start}&limitnum={count}");
                column(&answer(&store, action, &page), path, id)
            };
            let whole = page(0, 10_000);
            let count = i64::try_from(whole.len()).expect("few");
            let pages: Vec<_> = (0..=count / 7).flat_map(|at| page(at * 7, 7)).collect();
            assert_eq!(pages, whole, "{action}");
            for start in [count, count + 5, i64::MAX] {
                assert!(page(start, 7).is_empty(), "{action} {start}");
            }
        }
    }

    #[test]
    fn the_end_of_a_list_costs_little_more_than_its_start() {
        let store = Store::open(None, 1, Some(800)).expect("opens");
        for (action, query, table) in LISTS {
            let last = count(&store, &format!("SELECT COUNT(*) FROM {table}")) - 1;
            // A page of one, for what is told of each record is another matter.
            let cost_at = |start: i64| {
                let page = format!("{query}&limitstart={start}&limitnum=1");
                cost::count(|| {
                    assert_eq!(
                        answer(&store, action, &page).int("numreturned"),
                        1,
                        "{action} {page}"
                    );
                })
            };
            let (first, end) = (cost_at(0), cost_at(last));
            // Counting and passing over cost three or four steps a record, and nine more to look up
            // a ticket's department; sorting and joining cost many more.
            let each = match *action {
                "GetTickets" => 13,
                _ => 5,
            };
            assert!(
                first < 300 + each * last,
                "{action} {query}: {first} steps for {last}"
            );
            assert!(
                end < first + each * last,
                "{action} {query}: {first} steps, {end} at {last}"
            );
        }
    }
}
