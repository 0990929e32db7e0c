//! Tickets as their actions see them; each file has a part of their life.

mod answering;
mod counting;
mod ending;
mod files;
mod opening;

use crate::sandbox::reply::Answer;
use crate::sandbox::store::Store;
use crate::sandbox::testing::answer;

/// A client's ticket, by id.
pub fn open(store: &Store, client: i64, subject: &str) -> Answer {
    let query = format!("clientid={client}&deptid=1&subject={subject}&message=Help");
    answer(store, "OpenTicket", &query)
}

/// A guest's ticket.
pub fn open_as_guest(store: &Store) -> Answer {
    answer(
        store,
        "OpenTicket",
        "name=Gus+Guest&email=gus%40guest.example&deptid=1&subject=Hi&message=Hello",
    )
}
