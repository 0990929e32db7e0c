//! Who has access to a client, and `DeleteUserClient`.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// A user's access to a client.
#[derive(Debug)]
pub struct UserAccess {
    /// The user.
    pub user: i64,
    /// The client.
    pub client: i64,
    /// Whether the client is the user's own; then every permission is granted.
    pub is_owner: bool,
    /// The permissions of one who is not the owner, with commas.
    pub permissions: String,
}

/// The user and client of a call, which must be there.
pub fn ids(call: &Call) -> Result<(i64, i64), Refusal> {
    let user = call.existing("user_id", "users", "Invalid user id")?;
    let client = call.existing("client_id", "clients", "Invalid client id")?;
    Ok((user, client))
}

/// The access of a user to a client, when there is one.
pub fn find(call: &Call, user: i64, client: i64) -> rusqlite::Result<Option<UserAccess>> {
    call.db.row(
        "SELECT owner, permissions FROM user_clients WHERE user_id = ?1 AND client_id = ?2",
        params![user, client],
        |row| {
            Ok(UserAccess {
                user,
                client,
                is_owner: row.get(0)?,
                permissions: row.get(1)?,
            })
        },
    )
}

/// The same, or a refusal when there is none.
pub fn existing(call: &Call, user: i64, client: i64) -> Result<UserAccess, Refusal> {
    find(call, user, client)?.map_or_else(|| refuse("User is not associated with client"), Ok)
}

/// Takes a user's access to a client away; an owner keeps it.
pub fn delete_user_client(call: &Call) -> Result<Answer, Refusal> {
    let (user, client) = ids(call)?;
    let access = existing(call, user, client)?;
    if access.is_owner {
        return refuse("You cannot remove the account owner");
    }
    call.db.run(
        "DELETE FROM user_clients WHERE user_id = ?1 AND client_id = ?2",
        params![user, client],
    )?;
    call.log(
        client,
        &format!("User Removed - User ID: {user} - Client ID: {client}"),
    )?;
    Ok(Answer::success())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::testing::{answer, count, refuses, store};

    #[test]
    fn access_is_taken_away_once_and_never_from_the_owner() {
        let store = store();
        let invite = "client_id=1&email=siobhan.obrien%40example.net&permissions=orders";
        answer(&store, "CreateClientInvite", invite);
        let query = "user_id=2&client_id=1";
        assert_eq!(answer(&store, "DeleteUserClient", query), Answer::success());
        let cases = [
            (query, "User is not associated with client"),
            ("user_id=99&client_id=1", "Invalid user id"),
            ("user_id=2&client_id=99", "Invalid client id"),
            (
                "user_id=1&client_id=1",
                "You cannot remove the account owner",
            ),
        ];
        refuses(&store, "DeleteUserClient", &cases);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM user_clients"), 6);
    }
}
