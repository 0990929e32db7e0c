-- The sandbox's tables of clients, what they buy and what they pay; those of staff and
-- support are in schema_staff.sql. Money is in hundredths (INTEGER); days and moments are
-- text as MySQL prints them, with 0000-00-00 for none; truth values are 0 and 1.
-- Text people search by compares without regard to ASCII case, as in MySQL.

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE currencies (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL, prefix TEXT NOT NULL, suffix TEXT NOT NULL,
    format INTEGER NOT NULL, rate TEXT NOT NULL, is_default INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE payment_methods (
    module TEXT PRIMARY KEY, displayname TEXT NOT NULL, position INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE registrars (module TEXT PRIMARY KEY, display_name TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE servers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, hostname TEXT NOT NULL, ipaddress TEXT NOT NULL,
    module TEXT NOT NULL, nameserver1 TEXT NOT NULL DEFAULT '', nameserver2 TEXT NOT NULL DEFAULT '',
    maxaccounts INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 1, disabled INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE tlds (
    id INTEGER PRIMARY KEY, extension TEXT NOT NULL UNIQUE, registrar TEXT NOT NULL,
    dnsmanagement INTEGER NOT NULL DEFAULT 0, emailforwarding INTEGER NOT NULL DEFAULT 0,
    idprotection INTEGER NOT NULL DEFAULT 0, eppcode INTEGER NOT NULL DEFAULT 1, position INTEGER NOT NULL,
    label TEXT NOT NULL DEFAULT '', grace_days INTEGER, redemption_days INTEGER
);

-- kind is register, transfer or renew, or grace or redemption: the fee of that period, under no years.
CREATE TABLE tld_prices (
    tld_id INTEGER NOT NULL, currency INTEGER NOT NULL, kind TEXT NOT NULL, years INTEGER NOT NULL,
    price INTEGER NOT NULL, PRIMARY KEY (tld_id, currency, kind, years)
) WITHOUT ROWID;

CREATE TABLE banned_email_domains (domain TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID;

CREATE TABLE security_questions (id INTEGER PRIMARY KEY, question TEXT NOT NULL);

CREATE TABLE client_groups (
    id INTEGER PRIMARY KEY, groupname TEXT NOT NULL, groupcolour TEXT NOT NULL, discountpercent TEXT NOT NULL,
    susptermexempt INTEGER NOT NULL, separateinvoices INTEGER NOT NULL
);

CREATE TABLE clients (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL,
    firstname TEXT NOT NULL COLLATE NOCASE, lastname TEXT NOT NULL COLLATE NOCASE,
    companyname TEXT NOT NULL COLLATE NOCASE, email TEXT NOT NULL COLLATE NOCASE,
    fullname TEXT COLLATE NOCASE GENERATED ALWAYS AS (firstname || ' ' || lastname) VIRTUAL,
    address1 TEXT NOT NULL, address2 TEXT NOT NULL, city TEXT NOT NULL, state TEXT NOT NULL,
    postcode TEXT NOT NULL, country TEXT NOT NULL, phonenumber TEXT NOT NULL, tax_id TEXT NOT NULL DEFAULT '',
    email_general INTEGER NOT NULL DEFAULT 1, email_invoice INTEGER NOT NULL DEFAULT 1,
    email_support INTEGER NOT NULL DEFAULT 1, email_product INTEGER NOT NULL DEFAULT 1,
    email_domain INTEGER NOT NULL DEFAULT 1, email_affiliate INTEGER NOT NULL DEFAULT 1,
    billingcid INTEGER NOT NULL DEFAULT 0, notes TEXT NOT NULL DEFAULT '', currency INTEGER NOT NULL,
    defaultgateway TEXT NOT NULL DEFAULT '', groupid INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL COLLATE NOCASE DEFAULT 'Active', credit INTEGER NOT NULL DEFAULT 0,
    taxexempt INTEGER NOT NULL DEFAULT 0, latefeeoveride INTEGER NOT NULL DEFAULT 0,
    overideduenotices INTEGER NOT NULL DEFAULT 0, separateinvoices INTEGER NOT NULL DEFAULT 0,
    disableautocc INTEGER NOT NULL DEFAULT 0, overrideautoclose INTEGER NOT NULL DEFAULT 0,
    marketing_emails_opt_in INTEGER NOT NULL DEFAULT 0, allow_sso INTEGER NOT NULL DEFAULT 1,
    language TEXT NOT NULL DEFAULT '', clientip TEXT NOT NULL DEFAULT '', datecreated TEXT NOT NULL
);
CREATE INDEX clients_by_email ON clients (email);
CREATE INDEX clients_by_fullname ON clients (fullname);
CREATE INDEX clients_by_lastname ON clients (lastname);
CREATE INDEX clients_by_companyname ON clients (companyname);
CREATE INDEX clients_by_name ON clients (firstname, lastname, companyname);
CREATE INDEX clients_by_status ON clients (status, firstname, lastname, companyname);
-- An index for each order a list can have: its pages are cut from the index, however long it is.
CREATE INDEX clients_by_datecreated ON clients (datecreated);
CREATE INDEX clients_by_firstname ON clients (firstname);
CREATE INDEX clients_by_group ON clients (groupid);
CREATE INDEX clients_by_status_alone ON clients (status);
CREATE INDEX clients_by_status_and_companyname ON clients (status, companyname);
CREATE INDEX clients_by_status_and_datecreated ON clients (status, datecreated);
CREATE INDEX clients_by_status_and_email ON clients (status, email);
CREATE INDEX clients_by_status_and_group ON clients (status, groupid);
CREATE INDEX clients_by_status_and_lastname ON clients (status, lastname);

CREATE TABLE client_notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, admin_id INTEGER NOT NULL,
    created TEXT NOT NULL, modified TEXT NOT NULL, note TEXT NOT NULL, sticky INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX client_notes_by_client ON client_notes (client_id);

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, firstname TEXT NOT NULL COLLATE NOCASE,
    lastname TEXT NOT NULL COLLATE NOCASE, email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    fullname TEXT COLLATE NOCASE GENERATED ALWAYS AS (firstname || ' ' || lastname) VIRTUAL,
    password TEXT NOT NULL, language TEXT NOT NULL DEFAULT '', securityqid INTEGER NOT NULL DEFAULT 0,
    securityqans TEXT NOT NULL DEFAULT '', email_verified INTEGER NOT NULL DEFAULT 0,
    last_ip TEXT NOT NULL DEFAULT '', last_hostname TEXT NOT NULL DEFAULT '',
    last_login TEXT NOT NULL DEFAULT '0000-00-00 00:00:00', second_factor TEXT NOT NULL DEFAULT '',
    datecreated TEXT NOT NULL
);
CREATE INDEX users_by_fullname ON users (fullname);
CREATE INDEX users_by_lastname ON users (lastname);

-- permissions is a list with commas, as CreateClientInvite takes it; an owner has them all.
CREATE TABLE user_clients (
    user_id INTEGER NOT NULL, client_id INTEGER NOT NULL, owner INTEGER NOT NULL DEFAULT 0,
    permissions TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL, PRIMARY KEY (user_id, client_id)
) WITHOUT ROWID;
CREATE INDEX user_clients_by_client ON user_clients (client_id);

CREATE TABLE user_invites (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE, client_id INTEGER NOT NULL,
    permissions TEXT NOT NULL, created_at TEXT NOT NULL, accepted_at TEXT NOT NULL DEFAULT '0000-00-00 00:00:00'
);

CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, firstname TEXT NOT NULL COLLATE NOCASE,
    lastname TEXT NOT NULL COLLATE NOCASE, companyname TEXT NOT NULL COLLATE NOCASE,
    email TEXT NOT NULL COLLATE NOCASE, address1 TEXT NOT NULL, address2 TEXT NOT NULL, city TEXT NOT NULL,
    state TEXT NOT NULL, postcode TEXT NOT NULL, country TEXT NOT NULL, phonenumber TEXT NOT NULL,
    tax_id TEXT NOT NULL DEFAULT '', email_general INTEGER NOT NULL DEFAULT 0,
    email_invoice INTEGER NOT NULL DEFAULT 0, email_support INTEGER NOT NULL DEFAULT 0,
    email_product INTEGER NOT NULL DEFAULT 0, email_domain INTEGER NOT NULL DEFAULT 0,
    email_affiliate INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX contacts_by_client ON contacts (client_id);
CREATE INDEX contacts_by_email ON contacts (email);

CREATE TABLE pay_methods (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, type TEXT NOT NULL, description TEXT NOT NULL,
    gateway_name TEXT NOT NULL DEFAULT '', contact_type TEXT NOT NULL DEFAULT 'Client', contact_id INTEGER NOT NULL,
    card_last_four TEXT NOT NULL DEFAULT '', card_type TEXT NOT NULL DEFAULT '', expiry_date TEXT NOT NULL DEFAULT '',
    start_date TEXT NOT NULL DEFAULT '', issue_number TEXT NOT NULL DEFAULT '', bank_name TEXT NOT NULL DEFAULT '',
    remote_token TEXT NOT NULL DEFAULT '', is_default INTEGER NOT NULL DEFAULT 0, last_updated TEXT NOT NULL
);
CREATE INDEX pay_methods_by_client ON pay_methods (client_id);

-- type is client, product, addon or support; relid is the product, addon or department, 0 for clients.
CREATE TABLE custom_fields (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, relid INTEGER NOT NULL, fieldname TEXT NOT NULL,
    fieldtype TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', adminonly INTEGER NOT NULL DEFAULT 0,
    required INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX custom_fields_by_owner ON custom_fields (type, relid);

-- relid is the client, service, addon or ticket that holds the value.
CREATE TABLE custom_field_values (
    field_id INTEGER NOT NULL, relid INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (field_id, relid)
) WITHOUT ROWID;

CREATE TABLE product_groups (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, slug TEXT NOT NULL, hidden INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL
);

CREATE TABLE products (
    id INTEGER PRIMARY KEY, gid INTEGER NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, slug TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '', shortdescription TEXT NOT NULL DEFAULT '', tagline TEXT NOT NULL DEFAULT '',
    color TEXT NOT NULL DEFAULT '', module TEXT NOT NULL DEFAULT '', paytype TEXT NOT NULL,
    allowqty INTEGER NOT NULL DEFAULT 0, stockcontrol INTEGER NOT NULL DEFAULT 0, qty INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0, retired INTEGER NOT NULL DEFAULT 0, tax INTEGER NOT NULL DEFAULT 0,
    featured INTEGER NOT NULL DEFAULT 0, showdomainoptions INTEGER NOT NULL DEFAULT 0,
    welcomeemail INTEGER NOT NULL DEFAULT 0, autosetup TEXT NOT NULL DEFAULT '', subdomain TEXT NOT NULL DEFAULT '',
    servergroup INTEGER NOT NULL DEFAULT 0, proratabilling INTEGER NOT NULL DEFAULT 0,
    proratadate INTEGER NOT NULL DEFAULT 0, proratachargenextmonth INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL
);
CREATE INDEX products_by_group ON products (gid);

-- What AddProduct takes and no other action reads by name: module settings, renewal periods.
CREATE TABLE product_settings (
    product_id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (product_id, name)
) WITHOUT ROWID;

CREATE TABLE product_recommendations (
    product_id INTEGER NOT NULL, recommended_id INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (product_id, recommended_id)
) WITHOUT ROWID;

-- type is product, addon or configoption (a choice of one); a price of -100 (-1.00) is not offered.
CREATE TABLE pricing (
    type TEXT NOT NULL, relid INTEGER NOT NULL, currency INTEGER NOT NULL,
    msetupfee INTEGER NOT NULL DEFAULT 0, qsetupfee INTEGER NOT NULL DEFAULT 0, ssetupfee INTEGER NOT NULL DEFAULT 0,
    asetupfee INTEGER NOT NULL DEFAULT 0, bsetupfee INTEGER NOT NULL DEFAULT 0, tsetupfee INTEGER NOT NULL DEFAULT 0,
    monthly INTEGER NOT NULL DEFAULT -100, quarterly INTEGER NOT NULL DEFAULT -100,
    semiannually INTEGER NOT NULL DEFAULT -100, annually INTEGER NOT NULL DEFAULT -100,
    biennially INTEGER NOT NULL DEFAULT -100, triennially INTEGER NOT NULL DEFAULT -100,
    PRIMARY KEY (type, relid, currency)
) WITHOUT ROWID;

-- optiontype: 1 dropdown, 2 radio, 3 yes/no, 4 quantity.
CREATE TABLE config_options (
    id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, optionname TEXT NOT NULL, optiontype INTEGER NOT NULL,
    qtyminimum INTEGER NOT NULL DEFAULT 0, qtymaximum INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX config_options_by_product ON config_options (product_id);

CREATE TABLE config_option_choices (
    id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, optionname TEXT NOT NULL, position INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX config_option_choices_by_option ON config_option_choices (option_id);

CREATE TABLE addons (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', billingcycle TEXT NOT NULL,
    packages TEXT NOT NULL DEFAULT '', tax INTEGER NOT NULL DEFAULT 0, allowqty INTEGER NOT NULL DEFAULT 0,
    module TEXT NOT NULL DEFAULT ''
);

CREATE TABLE promotions (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL COLLATE NOCASE UNIQUE, type TEXT NOT NULL, recurring INTEGER NOT NULL,
    value INTEGER NOT NULL, cycles TEXT NOT NULL DEFAULT '', appliesto TEXT NOT NULL DEFAULT '',
    requires TEXT NOT NULL DEFAULT '', requiresexisting INTEGER NOT NULL DEFAULT 0,
    startdate TEXT NOT NULL DEFAULT '0000-00-00', expirationdate TEXT NOT NULL DEFAULT '0000-00-00',
    maxuses INTEGER NOT NULL DEFAULT 0, uses INTEGER NOT NULL DEFAULT 0, lifetimepromo INTEGER NOT NULL DEFAULT 0,
    applyonce INTEGER NOT NULL DEFAULT 0, newsignups INTEGER NOT NULL DEFAULT 0,
    existingclient INTEGER NOT NULL DEFAULT 0, onceperclient INTEGER NOT NULL DEFAULT 0,
    recurfor INTEGER NOT NULL DEFAULT 0, upgrades INTEGER NOT NULL DEFAULT 0, notes TEXT NOT NULL DEFAULT ''
);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ordernum INTEGER NOT NULL, client_id INTEGER NOT NULL,
    contact_id INTEGER NOT NULL DEFAULT 0, requestor_id INTEGER NOT NULL DEFAULT 0,
    admin_requestor_id INTEGER NOT NULL DEFAULT 0, date TEXT NOT NULL, nameservers TEXT NOT NULL DEFAULT '',
    transfersecret TEXT NOT NULL DEFAULT '', renewals TEXT NOT NULL DEFAULT '', promocode TEXT NOT NULL DEFAULT '',
    promotype TEXT NOT NULL DEFAULT '', promovalue TEXT NOT NULL DEFAULT '', orderdata TEXT NOT NULL DEFAULT '',
    amount INTEGER NOT NULL, paymentmethod TEXT NOT NULL, invoice_id INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL COLLATE NOCASE DEFAULT 'Pending', ipaddress TEXT NOT NULL DEFAULT '', fraudmodule TEXT NOT NULL DEFAULT '',
    fraudoutput TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT ''
);
CREATE INDEX orders_by_client ON orders (client_id);
CREATE INDEX orders_by_date ON orders (date);
CREATE INDEX orders_by_requestor ON orders (requestor_id);
CREATE INDEX orders_by_status ON orders (status);
CREATE INDEX orders_by_status_and_date ON orders (status, date);

CREATE TABLE services (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, order_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL, server_id INTEGER NOT NULL DEFAULT 0, qty INTEGER NOT NULL DEFAULT 1,
    regdate TEXT NOT NULL, domain TEXT NOT NULL COLLATE NOCASE DEFAULT '', paymentmethod TEXT NOT NULL,
    firstpaymentamount INTEGER NOT NULL, recurringamount INTEGER NOT NULL, billingcycle TEXT NOT NULL,
    nextduedate TEXT NOT NULL, nextinvoicedate TEXT NOT NULL, terminationdate TEXT NOT NULL DEFAULT '0000-00-00',
    completeddate TEXT NOT NULL DEFAULT '0000-00-00', status TEXT NOT NULL COLLATE NOCASE DEFAULT 'Pending',
    username TEXT NOT NULL COLLATE NOCASE DEFAULT '', password TEXT NOT NULL DEFAULT '',
    subscriptionid TEXT NOT NULL DEFAULT '', promoid INTEGER NOT NULL DEFAULT 0,
    suspensionreason TEXT NOT NULL DEFAULT '', overideautosuspend INTEGER NOT NULL DEFAULT 0,
    overidesuspenduntil TEXT NOT NULL DEFAULT '0000-00-00', dedicatedip TEXT NOT NULL DEFAULT '',
    assignedips TEXT NOT NULL DEFAULT '', ns1 TEXT NOT NULL DEFAULT '', ns2 TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '', diskusage INTEGER NOT NULL DEFAULT 0, disklimit INTEGER NOT NULL DEFAULT 0,
    bwusage INTEGER NOT NULL DEFAULT 0, bwlimit INTEGER NOT NULL DEFAULT 0,
    lastupdate TEXT NOT NULL DEFAULT '0000-00-00 00:00:00', affiliate_id INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX services_by_affiliate ON services (affiliate_id) WHERE affiliate_id <> 0;
CREATE INDEX services_by_client ON services (client_id);
-- Without it the services of a client and a product are looked for among all of the product.
CREATE INDEX services_by_client_and_product ON services (client_id, product_id);
CREATE INDEX services_by_order ON services (order_id);
CREATE INDEX services_by_product ON services (product_id);
CREATE INDEX services_by_domain ON services (domain);
CREATE INDEX services_by_server ON services (server_id, status);
CREATE INDEX services_by_username ON services (username);

CREATE TABLE service_config_options (
    service_id INTEGER NOT NULL, option_id INTEGER NOT NULL, choice_id INTEGER NOT NULL, qty INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (service_id, option_id)
) WITHOUT ROWID;

CREATE TABLE service_addons (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, order_id INTEGER NOT NULL,
    service_id INTEGER NOT NULL, addon_id INTEGER NOT NULL, qty INTEGER NOT NULL DEFAULT 1, name TEXT NOT NULL,
    setupfee INTEGER NOT NULL DEFAULT 0, recurring INTEGER NOT NULL, billingcycle TEXT NOT NULL,
    tax INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL COLLATE NOCASE DEFAULT 'Pending', regdate TEXT NOT NULL,
    nextduedate TEXT NOT NULL, nextinvoicedate TEXT NOT NULL, terminationdate TEXT NOT NULL DEFAULT '0000-00-00',
    paymentmethod TEXT NOT NULL, notes TEXT NOT NULL DEFAULT ''
);
CREATE INDEX service_addons_by_service ON service_addons (service_id);
CREATE INDEX service_addons_by_client ON service_addons (client_id);
CREATE INDEX service_addons_by_order ON service_addons (order_id);

-- type is Register or Transfer.
CREATE TABLE domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, order_id INTEGER NOT NULL, type TEXT NOT NULL,
    domain TEXT NOT NULL COLLATE NOCASE, registrar TEXT NOT NULL DEFAULT '', registrationperiod INTEGER NOT NULL,
    firstpaymentamount INTEGER NOT NULL, recurringamount INTEGER NOT NULL, paymentmethod TEXT NOT NULL,
    registrationdate TEXT NOT NULL, expirydate TEXT NOT NULL, nextduedate TEXT NOT NULL, nextinvoicedate TEXT NOT NULL,
    status TEXT NOT NULL COLLATE NOCASE DEFAULT 'Pending', subscriptionid TEXT NOT NULL DEFAULT '', promoid INTEGER NOT NULL DEFAULT 0,
    dnsmanagement INTEGER NOT NULL DEFAULT 0, emailforwarding INTEGER NOT NULL DEFAULT 0,
    idprotection INTEGER NOT NULL DEFAULT 0, donotrenew INTEGER NOT NULL DEFAULT 0, locked INTEGER NOT NULL DEFAULT 1,
    eppcode TEXT NOT NULL DEFAULT '', ns1 TEXT NOT NULL DEFAULT '', ns2 TEXT NOT NULL DEFAULT '',
    ns3 TEXT NOT NULL DEFAULT '', ns4 TEXT NOT NULL DEFAULT '', ns5 TEXT NOT NULL DEFAULT '',
    fields TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT '', idnlanguage TEXT NOT NULL DEFAULT '',
    releasedto TEXT NOT NULL DEFAULT ''
);
CREATE INDEX domains_by_client ON domains (client_id);
CREATE INDEX domains_by_order ON domains (order_id);
CREATE INDEX domains_by_domain ON domains (domain);

CREATE TABLE invoices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, invoicenum TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL, duedate TEXT NOT NULL, datepaid TEXT NOT NULL DEFAULT '0000-00-00 00:00:00',
    last_capture_attempt TEXT NOT NULL DEFAULT '0000-00-00 00:00:00',
    date_refunded TEXT NOT NULL DEFAULT '0000-00-00 00:00:00',
    date_cancelled TEXT NOT NULL DEFAULT '0000-00-00 00:00:00', subtotal INTEGER NOT NULL,
    credit INTEGER NOT NULL DEFAULT 0, tax INTEGER NOT NULL DEFAULT 0, tax2 INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL, taxrate TEXT NOT NULL DEFAULT '0.000', taxrate2 TEXT NOT NULL DEFAULT '0.000',
    status TEXT NOT NULL COLLATE NOCASE, paymentmethod TEXT NOT NULL, paymethodid INTEGER, notes TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX invoices_by_client ON invoices (client_id);
-- Without it what a client owes is looked for among all that is owed.
CREATE INDEX invoices_by_client_and_status ON invoices (client_id, status, duedate);
CREATE INDEX invoices_by_date ON invoices (date);
CREATE INDEX invoices_by_duedate ON invoices (duedate);
CREATE INDEX invoices_by_invoicenum ON invoices (invoicenum);
-- A page far into all invoices passes over their ids, which lie close together here alone.
CREATE INDEX invoices_by_id ON invoices (id);
CREATE INDEX invoices_by_status ON invoices (status);
CREATE INDEX invoices_by_status_and_date ON invoices (status, date);
CREATE INDEX invoices_by_status_and_duedate ON invoices (status, duedate);
CREATE INDEX invoices_by_status_and_invoicenum ON invoices (status, invoicenum);
CREATE INDEX invoices_by_status_and_total ON invoices (status, total);
CREATE INDEX invoices_by_total ON invoices (total);

-- type is Hosting, Addon, Domain, Item …; relid is what it bills.
CREATE TABLE invoice_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, invoice_id INTEGER NOT NULL, client_id INTEGER NOT NULL,
    type TEXT NOT NULL DEFAULT '', relid INTEGER NOT NULL DEFAULT 0, description TEXT NOT NULL,
    amount INTEGER NOT NULL, taxed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX invoice_items_by_invoice ON invoice_items (invoice_id);
CREATE INDEX invoice_items_by_subject ON invoice_items (type, relid);

CREATE TABLE transactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, currency INTEGER NOT NULL DEFAULT 0,
    gateway TEXT NOT NULL, date TEXT NOT NULL, description TEXT NOT NULL, amountin INTEGER NOT NULL DEFAULT 0,
    fees INTEGER NOT NULL DEFAULT 0, amountout INTEGER NOT NULL DEFAULT 0, rate TEXT NOT NULL DEFAULT '1.00000',
    transid TEXT NOT NULL DEFAULT '', invoice_id INTEGER NOT NULL DEFAULT 0, refund_id INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX transactions_by_client ON transactions (client_id);
-- With all that a turnover is summed of.
CREATE INDEX transactions_by_rate_and_date ON transactions (rate, date, amountin, amountout, fees);
CREATE INDEX transactions_by_invoice ON transactions (invoice_id);
CREATE INDEX transactions_by_transid ON transactions (transid);

CREATE TABLE credits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, date TEXT NOT NULL, description TEXT NOT NULL,
    amount INTEGER NOT NULL, relid INTEGER NOT NULL DEFAULT 0, admin_id INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX credits_by_client ON credits (client_id);

CREATE TABLE cancel_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, date TEXT NOT NULL, service_id INTEGER NOT NULL, reason TEXT NOT NULL,
    type TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX cancel_requests_by_service ON cancel_requests (service_id);

CREATE TABLE affiliates (
    id INTEGER PRIMARY KEY AUTOINCREMENT, date TEXT NOT NULL, client_id INTEGER NOT NULL UNIQUE,
    visitors INTEGER NOT NULL DEFAULT 0, paytype TEXT NOT NULL DEFAULT '', payamount INTEGER NOT NULL DEFAULT 0,
    onetime INTEGER NOT NULL DEFAULT 0, balance INTEGER NOT NULL DEFAULT 0, withdrawn INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);

-- Orders and billing.

-- What an order renews rather than creates; kind is domain, service or addon, period years or the billing cycle.
CREATE TABLE order_renewals (
    order_id INTEGER NOT NULL, kind TEXT NOT NULL, relid INTEGER NOT NULL, period TEXT NOT NULL,
    amount INTEGER NOT NULL, PRIMARY KEY (order_id, kind, relid)
) WITHOUT ROWID;

-- A change that was ordered and is carried out when its invoice is paid: type is package, whose values are
-- products, or configoptions, whose values are choices or quantities of the option and new_recurring is added.
CREATE TABLE upgrades (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, order_id INTEGER NOT NULL,
    service_id INTEGER NOT NULL, type TEXT NOT NULL, date TEXT NOT NULL, option_id INTEGER NOT NULL DEFAULT 0,
    original INTEGER NOT NULL, new_value INTEGER NOT NULL, new_cycle TEXT NOT NULL,
    amount INTEGER NOT NULL, new_recurring INTEGER NOT NULL, line TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'Pending', paid INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX upgrades_by_service ON upgrades (service_id);
CREATE INDEX upgrades_by_order ON upgrades (order_id);

-- What the registrar was told of a domain's contacts; where nothing stands the client's own details count.
CREATE TABLE domain_contacts (
    domain_id INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (domain_id, role, name)
) WITHOUT ROWID;

-- A quote is for a client, or for the person its own name and address tell of.
CREATE TABLE quotes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, stage TEXT NOT NULL COLLATE NOCASE,
    validuntil TEXT NOT NULL, client_id INTEGER NOT NULL DEFAULT 0, firstname TEXT NOT NULL DEFAULT '',
    lastname TEXT NOT NULL DEFAULT '', companyname TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '',
    address1 TEXT NOT NULL DEFAULT '', address2 TEXT NOT NULL DEFAULT '', city TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT '', postcode TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '',
    phonenumber TEXT NOT NULL DEFAULT '', tax_id TEXT NOT NULL DEFAULT '', currency INTEGER NOT NULL DEFAULT 1,
    subtotal INTEGER NOT NULL DEFAULT 0, tax1 INTEGER NOT NULL DEFAULT 0, tax2 INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0, proposal TEXT NOT NULL DEFAULT '', customernotes TEXT NOT NULL DEFAULT '',
    adminnotes TEXT NOT NULL DEFAULT '', datecreated TEXT NOT NULL, lastmodified TEXT NOT NULL,
    datesent TEXT NOT NULL DEFAULT '0000-00-00', dateaccepted TEXT NOT NULL DEFAULT '0000-00-00'
);
CREATE INDEX quotes_by_client ON quotes (client_id);

-- discount is in percent, quantity as it was sent; amount is what the line comes to.
CREATE TABLE quote_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, quote_id INTEGER NOT NULL, description TEXT NOT NULL,
    quantity TEXT NOT NULL, unitprice INTEGER NOT NULL, discount INTEGER NOT NULL, taxable INTEGER NOT NULL,
    amount INTEGER NOT NULL
);
CREATE INDEX quote_items_by_quote ON quote_items (quote_id);

-- invoiceaction is noinvoice, nextcron, nextinvoice, duedate or recur.
CREATE TABLE billable_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, description TEXT NOT NULL,
    amount INTEGER NOT NULL, unit TEXT NOT NULL, quantity TEXT NOT NULL, invoiceaction TEXT NOT NULL,
    recur INTEGER NOT NULL DEFAULT 0, recurcycle TEXT NOT NULL DEFAULT '', recurfor INTEGER NOT NULL DEFAULT 0,
    duedate TEXT NOT NULL DEFAULT '0000-00-00', invoicecount INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX billable_items_by_client ON billable_items (client_id);

-- The gateways that keep cards: tokens of remote ones, or numbers in the server's own hands.
CREATE TABLE card_gateways (module TEXT PRIMARY KEY, is_remote INTEGER NOT NULL) WITHOUT ROWID;
