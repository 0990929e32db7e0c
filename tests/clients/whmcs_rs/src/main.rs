//! A client's life through `whmcs`: every reply goes into a struct, and one of another type is an error.

use serde_json::{Value, json};
use whmcs::models::auth::ValidateLoginParams;
use whmcs::models::clients::{ClientId, ClientStatus, GetClientDetailsParams, GetClientParams};
use whmcs::{WhmcsBuilder, WhmcsClient, WhmcsError};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let server = WhmcsBuilder::new()
        .url(std::env::var("WHMCS_URL")?)
        .api_identifier("sandbox")
        .api_secret("sandbox")
        .build()?;
    let client = adds(&server).await?;
    finds(&server, client).await?;
    reads(&server, client).await?;
    logs_in(&server).await?;
    is_refused(&server).await
}

/// The ids of a new client and of its owner go into a number of 32 bits.
async fn adds(server: &WhmcsClient) -> Result<ClientId, Box<dyn std::error::Error>> {
    let person = json!({
        "firstname": "Ásta", "lastname": "O'Dowd", "email": "asta.odowd@example.com", "address1": "Hafnargata 7",
        "city": "Keflavík", "state": "Suðurnes", "postcode": "230", "country": "IS", "phonenumber": "421 0134",
        "password2": "Hafnar-gata=7", "noemail": 1,
    });
    let added: Value = server.request("AddClient", person).await?;
    let id = added["clientid"].as_u64().ok_or("`clientid` is no number")?;
    assert!(added["owner_id"].is_u64(), "{added}");
    println!("adds a client");
    Ok(ClientId::new(u32::try_from(id)?))
}

async fn finds(server: &WhmcsClient, client: ClientId) -> Outcome {
    let found = server.get_clients(GetClientParams::default().search("asta.odowd")).await?;
    assert_eq!((found.total_results, found.start_number, found.number_returned), (1, 0, 1));
    let [one] = &found.clients[..] else { return Err("not one client".into()) };
    assert_eq!((one.id, one.status), (client, ClientStatus::Active));
    assert_eq!((one.first_name.as_str(), one.last_name.as_str()), ("Ásta", "O'Dowd"));
    println!("finds it in the list");
    let none = server.get_clients(GetClientParams::default().search("nobody-at-all")).await?;
    assert_eq!((none.total_results, none.start_number, none.number_returned), (0, 0, 0));
    assert!(none.clients.is_empty());
    println!("finds nobody where nobody is");
    let page = server.get_clients(GetClientParams::default().limit_start(2).limit_num(3)).await?;
    assert_eq!((page.total_results, page.start_number, page.clients.len()), (7, 2, 3));
    println!("reads a page of the list");
    Ok(())
}

/// `clientid` comes back as the text it was sent as, every id and count as a number.
async fn reads(server: &WhmcsClient, client: ClientId) -> Outcome {
    let change = json!({"clientid": client, "companyname": "Höfn & Sons", "notes": ""});
    let updated: Value = server.request("UpdateClient", change).await?;
    assert_eq!(updated["clientid"], json!(client.as_u32().to_string()));
    let by_email = GetClientDetailsParams::default().email("asta.odowd@example.com");
    let read = server.get_client_details(by_email).await?;
    assert!(read.stats.is_none());
    let details = read.client;
    assert_eq!((details.client_id, details.phone_country_code), (client, 354));
    assert_eq!(details.company_name, "Höfn & Sons");
    let [owner] = &details.users[..] else { return Err("not one user".into()) };
    assert!(owner.is_owner && owner.id == details.owner_user_id);
    println!("updates it and reads it back with its owner");
    let asked = GetClientDetailsParams::default().client_id(ClientId::new(3)).include_stats(true);
    let stats = server.get_client_details(asked).await?.stats.ok_or("no statistics")?;
    assert_eq!((stats.unpaid_invoices, stats.active_products, stats.is_affiliate), (1, 1, false));
    println!("reads statistics when it asks for them");
    Ok(())
}

async fn logs_in(server: &WhmcsClient) -> Outcome {
    let login = |password: &str| {
        ValidateLoginParams::default().email("asta.odowd@example.com").password(password)
    };
    let session = server.validate_login(login("Hafnar-gata=7")).await?;
    assert!(session.user_id.as_u32() > 6 && session.session_token.is_some());
    assert!(!session.two_factor_enabled);
    let refused = server.validate_login(login("wrong")).await;
    assert!(matches!(refused, Err(WhmcsError::ApiError(_))), "{refused:?}");
    println!("logs its user in, and nobody with another password");
    Ok(())
}

async fn is_refused(server: &WhmcsClient) -> Outcome {
    let says = async |action: &str, params: Value| match server.request::<_, Value>(action, params).await {
        Err(WhmcsError::ApiError(words)) => words,
        other => format!("{other:?}"),
    };
    assert_eq!(says("GetClientsDetails", json!({"clientid": 999_999})).await, "Client Not Found");
    assert_eq!(
        says("GetClientz", json!({})).await,
        "Invalid Permissions: API action \"getclientz\" is not allowed"
    );
    println!("is told in words what is refused");
    Ok(())
}
