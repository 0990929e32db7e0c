-- The handful of clients of a sandbox that was not asked to be empty, and what has happened to its host.
-- Money is in hundredths; days count from today.

INSERT INTO clients (id, uuid, firstname, lastname, companyname, email, address1, address2, city, state, postcode,
                     country, phonenumber, tax_id, currency, groupid, status, credit, defaultgateway,
                     marketing_emails_opt_in, language, datecreated) VALUES
    (1, '0b6fd9e2-6a52-4a0e-a3c5-1f4f5f6d0001', 'Zoë', 'Müller', 'Müller & Söhne GmbH', 'zoe.mueller@example.com',
     'Königstraße 12', '', 'Köln', 'Nordrhein-Westfalen', '50667', 'DE', '0221 5550142', 'DE123456789', 2, 0,
     'Active', 2500, 'banktransfer', 1, 'german', date(@now, '-700 days')),
    (2, '0b6fd9e2-6a52-4a0e-a3c5-1f4f5f6d0002', 'Siobhán', 'O''Brien', '', 'siobhan.obrien@example.net',
     '4 Abbey Street', 'Flat 2', 'Dublin', 'Dublin', 'D01 X2P4', 'IE', '01 555 0134', '', 2, 0, 'Active', 0, '', 0,
     '', date(@now, '-420 days')),
    (3, '0b6fd9e2-6a52-4a0e-a3c5-1f4f5f6d0003', 'Martin', 'Price', 'Price Beier Inc.', 'martin@price-beier.example',
     '77 Market Street', 'Suite 400', 'Austin', 'Texas', '78701', 'US', '512-555-0188', '', 1, 0, 'Active', 0,
     'paypal', 1, '', date(@now, '-365 days')),
    (4, '0b6fd9e2-6a52-4a0e-a3c5-1f4f5f6d0004', 'José', 'García Núñez', '', 'jose.garcia@example.org',
     'Calle Mayor 8', '', 'Madrid', 'Madrid', '28013', 'ES', '+34.915550199', '', 2, 0, 'Inactive', 0, '', 0,
     'spanish', date(@now, '-300 days')),
    (5, '0b6fd9e2-6a52-4a0e-a3c5-1f4f5f6d0005', 'Łucja', 'Wójcik', 'Wójcik Sp. z o.o.', 'lucja@wojcik.example',
     'ul. Długa 5', '', 'Kraków', 'Małopolskie', '31-147', 'PL', '12 555 01 23', 'PL5260001246', 2, 2, 'Closed', 0,
     'banktransfer', 0, '', date(@now, '-250 days')),
    (6, '0b6fd9e2-6a52-4a0e-a3c5-1f4f5f6d0006', '健太', '佐藤', '', 'kenta.sato@example.com',
     '銀座4-1-2', '', '中央区', '東京都', '104-0061', 'JP', '03-5550-1234', '', 1, 1, 'Active', 0, '', 0, '',
     date(@now, '-30 days'));

-- Nobody knows these users' passwords; a reset or an update sets one.
INSERT INTO users (id, firstname, lastname, email, password, language, email_verified, datecreated)
SELECT id, firstname, lastname, email, '$2y$10$0000000000000000000000no.password.was.ever.set.....', language, 1,
       datecreated || ' 09:00:00'
FROM clients;
INSERT INTO user_clients (user_id, client_id, owner, created_at)
SELECT id, id, 1, datecreated || ' 09:00:00' FROM clients;

INSERT INTO custom_field_values (field_id, relid, value) VALUES (1, 1, 'Siobhán'), (3, 1, 'DE123456789');

INSERT INTO contacts (id, client_id, firstname, lastname, companyname, email, address1, address2, city, state,
                      postcode, country, phonenumber, email_invoice, created_at, updated_at) VALUES
    (1, 1, 'Jörg', 'Müller', 'Müller & Söhne GmbH', 'buchhaltung@mueller.example', 'Königstraße 12', '', 'Köln',
     'Nordrhein-Westfalen', '50667', 'DE', '0221 5550143', 1, datetime(@now, '-600 days'),
     datetime(@now, '-600 days'));

INSERT INTO orders (id, ordernum, client_id, requestor_id, date, amount, paymentmethod, invoice_id, status, ipaddress)
VALUES
    (1, 4567890123, 1, 1, datetime(@now, '-380 days'), 5500, 'banktransfer', 1, 'Active', '198.51.100.7'),
    (2, 4567890124, 3, 3, datetime(@now, '-20 days'), 3999, 'paypal', 2, 'Active', '198.51.100.9'),
    (3, 4567890125, 2, 2, datetime(@now, '-2 days'), 1195, 'paypal', 3, 'Pending', '198.51.100.8'),
    (4, 4567890126, 5, 5, datetime(@now, '-240 days'), 550, 'banktransfer', 4, 'Cancelled', '198.51.100.5');

INSERT INTO services (id, client_id, order_id, product_id, server_id, regdate, domain, paymentmethod,
                      firstpaymentamount, recurringamount, billingcycle, nextduedate, nextinvoicedate, status,
                      username, password) VALUES
    (1, 1, 1, 1, 1, date(@now, '-380 days'), 'mueller.example', 'banktransfer', 5500, 5500, 'Annually',
     date(@now, '+350 days'), date(@now, '+350 days'), 'Active', 'mueller', 'xxxxxxxx'),
    (2, 3, 2, 3, 2, date(@now, '-20 days'), 'vps1.price-beier.example', 'paypal', 3999, 2499, 'Monthly',
     date(@now, '+10 days'), date(@now, '+10 days'), 'Active', 'root', 'xxxxxxxx'),
    (3, 2, 3, 2, 0, date(@now, '-2 days'), 'obrien.example', 'paypal', 1195, 1195, 'Monthly',
     date(@now, '-2 days'), date(@now, '-2 days'), 'Pending', '', ''),
    (4, 5, 4, 1, 1, date(@now, '-240 days'), 'wojcik.example', 'banktransfer', 550, 550, 'Monthly',
     date(@now, '-90 days'), date(@now, '-90 days'), 'Cancelled', 'wojcik', 'xxxxxxxx');

INSERT INTO domains (id, client_id, order_id, type, domain, registrar, registrationperiod, firstpaymentamount,
                     recurringamount, paymentmethod, registrationdate, expirydate, nextduedate, nextinvoicedate,
                     status, ns1, ns2) VALUES
    (1, 1, 1, 'Register', 'mueller.example', 'enom', 1, 1295, 1295, 'banktransfer', date(@now, '-380 days'),
     date(@now, '+350 days'), date(@now, '+350 days'), date(@now, '+350 days'), 'Active', 'ns1.example.com',
     'ns2.example.com');

INSERT INTO invoices (id, client_id, date, duedate, datepaid, date_cancelled, subtotal, total, status, paymentmethod,
                      created_at, updated_at) VALUES
    (1, 1, date(@now, '-380 days'), date(@now, '-366 days'), datetime(@now, '-370 days'), '0000-00-00 00:00:00',
     5500, 5500, 'Paid', 'banktransfer', datetime(@now, '-380 days'), datetime(@now, '-370 days')),
    (2, 3, date(@now, '-20 days'), date(@now, '-6 days'), '0000-00-00 00:00:00', '0000-00-00 00:00:00', 3999, 3999,
     'Unpaid', 'paypal', datetime(@now, '-20 days'), datetime(@now, '-20 days')),
    (3, 2, date(@now, '-2 days'), date(@now, '+12 days'), '0000-00-00 00:00:00', '0000-00-00 00:00:00', 1195, 1195,
     'Unpaid', 'paypal', datetime(@now, '-2 days'), datetime(@now, '-2 days')),
    (4, 5, date(@now, '-240 days'), date(@now, '-226 days'), '0000-00-00 00:00:00', datetime(@now, '-230 days'),
     550, 550, 'Cancelled', 'banktransfer', datetime(@now, '-240 days'), datetime(@now, '-230 days'));

INSERT INTO invoice_items (invoice_id, client_id, type, relid, description, amount) VALUES
    (1, 1, 'Hosting', 1, 'Starter - mueller.example', 5500),
    (2, 3, 'Hosting', 2, 'Cloud VPS - vps1.price-beier.example', 3999),
    (3, 2, 'Hosting', 3, 'Plus - obrien.example', 1195),
    (4, 5, 'Hosting', 4, 'Starter - wojcik.example', 550);

INSERT INTO transactions (id, client_id, gateway, date, description, amountin, rate, transid, invoice_id) VALUES
    (1, 1, 'banktransfer', datetime(@now, '-370 days'), 'Invoice Payment', 5500, '0.92000', 'SEPA-2024-0001', 1);

INSERT INTO credits (id, client_id, date, description, amount, admin_id) VALUES
    (1, 1, date(@now, '-100 days'), 'Goodwill', 2500, 1);

INSERT INTO activity (client_id, admin_id, date, description, username, ipaddress) VALUES
    (0, 0, datetime(@now, '-1 day'), 'Cron Job: Completed', 'System', '127.0.0.1');

INSERT INTO todo_items (id, date, title, description, admin_id, status, duedate) VALUES
    (1, date(@now, '-9 days'), 'Renew the office lease', 'Ask for two years', 1, 'Pending', date(@now, '-2 days')),
    (2, date(@now, '-3 days'), 'Call Martin Price', 'About a second server', 1, 'New', date(@now, '+4 days')),
    (3, date(@now, '-30 days'), 'Order new badges', '', 0, 'Completed', date(@now, '-20 days'));

INSERT INTO automation_log (ran_at, namespace, name, value)
SELECT datetime(@now, '-' || day.ago || ' days'), task.namespace, task.name, (day.ago * task.share) % 4
FROM (SELECT 7 AS ago UNION SELECT 6 UNION SELECT 5 UNION SELECT 4 UNION SELECT 3 UNION SELECT 2 UNION SELECT 1) day,
     (SELECT 1 AS place, 'createinvoices' AS namespace, 'invoice.created' AS name, 3 AS share
      UNION SELECT 2, 'addlatefees', 'invoice.latefees', 2 UNION SELECT 3, 'autosuspensions', 'suspended', 1) task
ORDER BY day.ago DESC, task.place;
