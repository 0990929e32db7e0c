-- The catalogue every sandbox starts with: what is on sale, how it is paid, who works there, and their templates.
-- Money is in hundredths; days count from today.

INSERT INTO settings (name, value) VALUES
    ('CompanyName', 'Example Hosting'), ('SystemURL', 'http://127.0.0.1/'), ('DefaultCountry', 'US'),
    ('Language', 'english'), ('DateFormat', 'DD/MM/YYYY'),
    ('InvoiceDueDays', '14'), ('CreateInvoiceDaysBefore', '14'), ('TaxEnabled', ''),
    ('Email', 'billing@example.com'), ('MaintenanceMode', ''),
    ('ActiveAddonModules', 'project_management'),
    ('Charset', 'utf-8'), ('Version', '8.13.1-release.1'), ('Domain', 'http://www.example.com/'), ('LogoURL', ''),
    ('Template', 'twenty-one'), ('OrderFormTemplate', 'standard_cart'), ('Signature', 'Example Hosting'),
    ('InvoicePayTo', 'Example Hosting, 1 Example Street'), ('NumRecordstoDisplay', '25'), ('AllowRegister', 'on'),
    ('AffiliateEnabled', 'on'), ('TermsOfService', ''), ('MaintenanceModeMessage', 'We will be back soon.'),
    ('DefaultNameserver1', 'ns1.example.com'), ('DefaultNameserver2', 'ns2.example.com');

-- Settings of the day's automation, and those that nothing here looks at, so that they can be read and set.
INSERT INTO settings (name, value) VALUES
    ('ClientDateFormat', ''), ('AllowLanguageChange', 'on'), ('ActivityLimit', '10000'), ('EmailCSS', ''),
    ('MailType', 'mail'), ('SMTPHost', ''), ('SMTPPort', ''), ('SMTPSSL', ''), ('EmailGlobalHeader', ''),
    ('EmailGlobalFooter', ''), ('SystemEmailsFromName', 'Example Hosting'),
    ('SystemEmailsFromEmail', 'noreply@example.com'), ('BCCMessages', ''), ('MaintenanceModeURL', ''),
    ('TicketMask', '%A%A%A-%n%n%n%n%n%n'), ('SupportTicketOrder', 'ASC'), ('RequireLoginforClientTickets', ''),
    ('AllowedFileTypes', '.jpg,.gif,.jpeg,.png,.txt,.pdf'), ('TicketRatingEnabled', 'on'), ('CloseInactiveTickets', '0'),
    ('OrderDaysGrace', '0'), ('EnableTOSAccept', ''), ('ShowCancellationButton', 'on'), ('AllowTransfer', 'on'),
    ('AllowOwnDomain', 'on'), ('AutoRenewDomainsonPayment', 'on'), ('DefaultNameserver3', ''),
    ('DefaultNameserver4', ''), ('DefaultNameserver5', ''), ('DomainRenewalNotices', '30,7,1,0,0'),
    ('InvoiceIncrement', '1'), ('InvoiceStartNumber', ''), ('SequentialInvoiceNumbering', ''),
    ('SequentialInvoiceNumberFormat', '{NUMBER}'), ('SequentialInvoiceNumberValue', '1'), ('EnablePDFInvoices', 'on'),
    ('EnableMassPay', 'on'), ('AllowCustomerChangeInvoiceGateway', 'on'), ('GroupSimilarLineItems', 'on'),
    ('ContinuousInvoiceGeneration', ''), ('CreateDomainInvoiceDaysBefore', ''), ('SendInvoiceReminderDays', '7'),
    ('SendReminder', 'on'), ('SendFirstOverdueInvoiceReminder', '1'), ('SendSecondOverdueInvoiceReminder', '3'),
    ('SendThirdOverdueInvoiceReminder', '5'),
    ('InvoiceLateFeeAmount', '0.00'), ('LateFeeType', 'Percentage'), ('LateFeeMinimum', '0.00'), ('AddLateFeeDays', ''),
    ('AddFundsEnabled', 'on'), ('AddFundsMinimum', '10.00'), ('AddFundsMaximum', '500.00'),
    ('AddFundsMaximumBalance', '1000.00'), ('AffiliateEarningPercent', '10.00'), ('AffiliateBonusDeposit', '0.00'),
    ('AffiliatePayout', '25.00'), ('AffiliatesDelayCommission', '0'), ('TaxType', 'Exclusive'), ('TaxDomains', ''),
    ('TaxCode', ''), ('AutoSuspension', ''), ('AutoSuspensionDays', '5'), ('AutoUnsuspend', ''),
    ('AutoTermination', ''), ('AutoTerminationDays', '30'), ('AutoCancellationRequests', 'on'),
    ('CaptchaSetting', ''), ('RequiredPWStrength', '50'), ('InvalidLoginBanLength', '15'), ('APIAllowedIPs', '');

INSERT INTO currencies (id, code, prefix, suffix, format, rate, is_default) VALUES
    (1, 'USD', '$', ' USD', 1, '1.00000', 1), (2, 'EUR', '€', ' EUR', 3, '0.92000', 0);

INSERT INTO payment_methods (module, displayname, position) VALUES
    ('banktransfer', 'Bank Transfer', 1), ('paypal', 'PayPal', 2);

INSERT INTO card_gateways (module, is_remote) VALUES ('authorize', 0), ('stripe', 1);

INSERT INTO admin_roles (id, name, permissions) VALUES
    (1, 'Full Administrator', 'Main Homepage,My Account,List Clients,Add New Client,Edit Clients Details,Delete Client,View Orders,Add New Order,Delete Order,List Transactions,Add Transaction,List Invoices,Create Invoice,Manage Invoice,Delete Invoice,View Activity Log,Configure General Settings,API Access'),
    (2, 'Support Operator', 'Main Homepage,My Account,List Clients,View Activity Log');

INSERT INTO admins (id, uuid, role_id, username, firstname, lastname, email, departments, disabled, created_at) VALUES
    (1, '5a9a1c5e-9b3e-4c0b-a7d6-0f6f5c2f8d11', 1, 'admin', 'Ada', 'Admin', 'admin@example.com', '1', 0,
     datetime(@now, '-900 days')),
    (2, '5a9a1c5e-9b3e-4c0b-a7d6-0f6f5c2f8d12', 2, 'former', 'Finn', 'Former', 'finn@example.com', '', 1,
     datetime(@now, '-800 days'));

INSERT INTO departments (id, name, description, email, position) VALUES
    (1, 'Support', 'Technical questions', 'support@example.com', 1);

INSERT INTO registrars (module, display_name) VALUES ('enom', 'Enom');

INSERT INTO servers (id, name, hostname, ipaddress, module, nameserver1, nameserver2, maxaccounts) VALUES
    (1, 'Saturn', 'saturn.example.com', '192.0.2.10', 'cpanel', 'ns1.example.com', 'ns2.example.com', 200),
    (2, 'Pluto', 'pluto.example.com', '192.0.2.11', 'cpanel', 'ns1.example.com', 'ns2.example.com', 200);

INSERT INTO tlds (id, extension, registrar, dnsmanagement, emailforwarding, idprotection, position) VALUES
    (1, '.com', 'enom', 1, 1, 1, 1), (2, '.net', 'enom', 1, 1, 1, 2), (3, '.org', 'enom', 1, 1, 1, 3),
    (4, '.eu', 'enom', 1, 0, 0, 4);

INSERT INTO tld_prices (tld_id, currency, kind, years, price)
SELECT tld.id, currency.id, kind.value, years.value, (1195 + 100 * tld.id) * years.value * currency.share / 100
FROM tlds tld,
     (SELECT 1 AS id, 100 AS share UNION SELECT 2, 92) currency,
     (SELECT 'register' AS value UNION SELECT 'transfer' UNION SELECT 'renew') kind,
     (SELECT 1 AS value UNION SELECT 2 UNION SELECT 3 UNION SELECT 5 UNION SELECT 10) years;

INSERT INTO banned_email_domains (domain) VALUES ('mailinator.com');

INSERT INTO security_questions (id, question) VALUES (1, 'What was the name of your first pet?');

INSERT INTO client_groups (id, groupname, groupcolour, discountpercent, susptermexempt, separateinvoices) VALUES
    (1, 'VIP', '#28C99B', '10.00', 1, 0), (2, 'Resellers', '#FFFFFF', '0.00', 0, 1);

INSERT INTO custom_fields (id, type, relid, fieldname, fieldtype, description, adminonly, position) VALUES
    (1, 'client', 0, 'Referred By', 'text', 'Who told you of us?', 0, 1),
    (2, 'client', 0, 'Account Manager', 'text', '', 1, 2),
    (3, 'client', 0, 'VAT', 'text', 'With the country code', 0, 3),
    (4, 'product', 3, 'Root Partition', 'text', 'Size in GB', 0, 1);

INSERT INTO product_groups (id, name, slug, position) VALUES
    (1, 'Shared Hosting', 'shared-hosting', 1), (2, 'Servers', 'servers', 2);

INSERT INTO products (id, gid, type, name, slug, description, module, paytype, allowqty, showdomainoptions,
                      welcomeemail, autosetup, position, created_at) VALUES
    (1, 1, 'hostingaccount', 'Starter', 'starter', '1 GB of space', 'cpanel', 'recurring', 2, 1, 3, 'payment', 1,
     datetime(@now, '-900 days')),
    (2, 1, 'hostingaccount', 'Plus', 'plus', '10 GB of space', 'cpanel', 'recurring', 0, 1, 3, 'payment', 2,
     datetime(@now, '-900 days')),
    (3, 2, 'server', 'Cloud VPS', 'cloud-vps', '4 cores, 8 GB', '', 'recurring', 0, 0, 4, '', 3,
     datetime(@now, '-500 days')),
    (4, 2, 'other', 'SSL Certificate', 'ssl-certificate', 'For one name', '', 'recurring', 2, 0, 0, '', 4,
     datetime(@now, '-500 days')),
    (5, 1, 'other', 'Website Check', 'website-check', 'Free of charge', '', 'free', 0, 0, 0, 'order', 5,
     datetime(@now, '-500 days'));

INSERT INTO pricing (type, relid, currency, msetupfee, monthly, quarterly, semiannually, annually) VALUES
    ('product', 1, 1, 0, 595, 1695, -100, 5950), ('product', 1, 2, 0, 550, 1550, -100, 5500),
    ('product', 2, 1, 0, 1295, 3695, 7195, 12950), ('product', 2, 2, 0, 1195, 3395, 6595, 11950),
    ('product', 3, 1, 1500, 2499, -100, -100, 24990), ('product', 3, 2, 1400, 2299, -100, -100, 22990),
    ('product', 4, 1, 0, -100, -100, -100, 3900), ('product', 4, 2, 0, -100, -100, -100, 3600),
    ('product', 5, 1, 0, 0, 0, 0, 0), ('product', 5, 2, 0, 0, 0, 0, 0),
    ('addon', 1, 1, 0, 200, 600, 1200, 2400), ('addon', 1, 2, 0, 180, 540, 1080, 2160),
    ('configoption', 1, 1, 0, 0, 0, 0, 0), ('configoption', 1, 2, 0, 0, 0, 0, 0),
    ('configoption', 2, 1, 0, 500, 1500, 3000, 6000), ('configoption', 2, 2, 0, 450, 1350, 2700, 5400);

INSERT INTO product_settings (product_id, name, value)
SELECT product.id, 'ondemandrenewal' || setting.name, setting.value
FROM (SELECT 1 AS id UNION SELECT 2) product,
     (SELECT 'configurationoverride' AS name, '1' AS value UNION SELECT 'senabled', '1'
      UNION SELECT 'periodmonthly', '31' UNION SELECT 'periodquarterly', '31' UNION SELECT 'periodsemiannually', '31'
      UNION SELECT 'periodannually', '31') setting;

INSERT INTO config_options (id, product_id, optionname, optiontype, position) VALUES
    (1, 3, 'Backups', 1, 1);
INSERT INTO config_option_choices (id, option_id, optionname, position) VALUES
    (1, 1, 'None', 1), (2, 1, 'Daily', 2);

INSERT INTO addons (id, name, description, billingcycle, packages, allowqty) VALUES
    (1, 'Daily Backups', 'Kept for 30 days', 'recurring', '1,2', 2);

INSERT INTO promotions (id, code, type, recurring, value, appliesto) VALUES
    (1, 'WELCOME10', 'Percentage', 0, 1000, '1,2');

INSERT INTO email_templates (id, type, name, subject, message) VALUES
    (1, 'general', 'Client Signup Email', 'Welcome',
     '<p>Dear {$client_name},</p><p>Thank you for signing up with us.</p>'),
    (2, 'product', 'Order Confirmation', 'Order Confirmation',
     '<p>Dear {$client_name},</p><p>We have received your order {$order_number}.</p>'),
    (3, 'product', 'Hosting Account Welcome Email', 'New Account Information',
     '<p>Dear {$client_name},</p><p>Your account for {$service_domain} has been set up.</p>'),
    (4, 'product', 'Dedicated/VPS Server Welcome Email', 'New Server Information',
     '<p>Dear {$client_name},</p><p>Your server has been set up.</p>'),
    (5, 'product', 'Cancellation Request Confirmation', 'Cancellation Request Confirmation',
     '<p>Dear {$client_name},</p><p>We have received your request to cancel.</p>'),
    (6, 'invoice', 'Invoice Payment Confirmation', 'Invoice Payment Confirmation',
     '<p>Dear {$client_name},</p><p>We have received your payment for invoice #{$invoice_num}.</p>'),
    (7, 'user', 'Password Reset Validation', 'Reset your password',
     '<p>Dear {$client_name},</p><p>Follow this link to choose a new password.</p>'),
    (8, 'user', 'Account Access Invitation', 'Account Access Invitation',
     '<p>You have been given access to the account of {$client_name}.</p>'),
    (9, 'invoice', 'Invoice Created', 'Customer Invoice',
     '<p>Dear {$client_name},</p><p>Invoice #{$invoice_num} over {$invoice_total} is due on {$invoice_date_due}.</p>'),
    (10, 'product', 'Service Suspension Notification', 'Service Suspension Notification',
     '<p>Dear {$client_name},</p><p>Your service has been suspended.</p>'),
    (11, 'domain', 'Domain Registration Confirmation', 'Domain Registration Confirmation',
     '<p>Dear {$client_name},</p><p>Your domain {$domain_name} has been registered.</p>'),
    (12, 'general', 'Quote Delivery with PDF', 'Quote #{$quote_number}: {$quote_subject}',
     '<p>Dear {$client_name},</p><p>Here is your quote over {$quote_total}, valid until {$quote_valid_until}.</p>'),
    (13, 'general', 'Quote Accepted', 'Quote #{$quote_number} accepted',
     '<p>Dear {$client_name},</p><p>You have accepted quote #{$quote_number}; invoice #{$invoice_num} follows.</p>'),
    (14, 'invoice', 'Credit Card Payment Failed', 'Payment failed',
     '<p>Dear {$client_name},</p><p>Your card could not be charged for invoice #{$invoice_num}.</p>');

INSERT INTO ticket_statuses (id, title, color, position, is_active, awaits_reply) VALUES
    (1, 'Open', '#779500', 1, 1, 1), (2, 'Answered', '#000000', 2, 1, 0), (3, 'Customer-Reply', '#ff6600', 3, 1, 1),
    (4, 'Closed', '#888888', 10, 0, 0), (5, 'On Hold', '#224488', 5, 0, 0), (6, 'In Progress', '#cc0000', 6, 1, 0);

INSERT INTO predefined_categories (id, parentid, name) VALUES (1, 0, 'Hosting'), (2, 1, 'E-mail'), (3, 0, 'Billing');
INSERT INTO predefined_replies (id, catid, name, reply) VALUES
    (1, 1, 'Restart', 'Hello [NAME],' || char(13, 10, 13, 10) || 'we have restarted your server.'),
    (2, 2, 'Mail settings', 'Hello [NAME],' || char(13, 10, 13, 10) || 'please use mail.example.com, port 993.'),
    (3, 3, 'Invoice sent', 'Hello [NAME],' || char(13, 10, 13, 10) || 'we have sent you the invoice again.');

INSERT INTO email_templates (type, name, subject, message) VALUES
    ('support', 'Support Ticket Opened', 'New ticket {$ticket_id}: {$ticket_subject}',
     '<p>We have received your ticket {$ticket_id} ({$ticket_department}, {$ticket_priority}).</p><p>{$ticket_message}</p>'),
    ('support', 'Support Ticket Opened by Admin', '{$ticket_subject} (ticket {$ticket_id})', '<p>{$ticket_message}</p>'),
    ('support', 'Support Ticket Reply', 'Re: {$ticket_subject} (ticket {$ticket_id})',
     '<p>{$ticket_message}</p><p>Your ticket is now {$ticket_status}.</p>');

-- Templates that nothing here sends by itself, for `SendEmail`.
INSERT INTO email_templates (type, name, subject, message) VALUES
    ('general', 'Automated Password Reset', 'Your new password for {$company_name}',
     '<p>Dear {$client_name},</p><p>Your password has been reset.</p>'),
    ('general', 'Client Email Address Verification', 'Confirm Your Registration',
     '<p>Dear {$client_name},</p><p>Please confirm your address.</p>'),
    ('general', 'Credit Card Expiring Soon', 'Credit Card Expiring Soon',
     '<p>Dear {$client_name},</p><p>Your card is about to expire.</p>'),
    ('product', 'Other Product/Service Welcome Email', 'New Product Information',
     '<p>Dear {$client_name},</p><p>{$service_product_name} is ready for you.</p>'),
    ('product', 'Reseller Account Welcome Email', 'Reseller Account Information',
     '<p>Dear {$client_name},</p><p>Your reseller account {$service_username} has been set up.</p>'),
    ('product', 'Service Unsuspension Notification', 'Service Unsuspension Notification',
     '<p>Dear {$client_name},</p><p>Your service has been unsuspended.</p>'),
    ('domain', 'Domain Transfer Initiated', 'Domain Transfer Initiated',
     '<p>Dear {$client_name},</p><p>The transfer of {$domain_name} has begun.</p>'),
    ('domain', 'Domain Renewal Confirmation', 'Domain Renewal Confirmation',
     '<p>Dear {$client_name},</p><p>{$domain_name} has been renewed.</p>'),
    ('domain', 'Upcoming Domain Renewal Notice', 'Upcoming Domain Renewal Notice',
     '<p>Dear {$client_name},</p><p>{$domain_name} expires on {$domain_expiry_date}.</p>'),
    ('invoice', 'Credit Card Invoice Created', 'Customer Invoice',
     '<p>Dear {$client_name},</p><p>Your card will be charged {$invoice_total} for invoice #{$invoice_num}.</p>'),
    ('invoice', 'Credit Card Payment Confirmation', 'Credit Card Payment Confirmation',
     '<p>Dear {$client_name},</p><p>Your card was charged for invoice #{$invoice_num}.</p>'),
    ('invoice', 'Invoice Payment Reminder', 'Invoice Payment Reminder',
     '<p>Dear {$client_name},</p><p>Invoice #{$invoice_num} is due on {$invoice_date_due}.</p>'),
    ('invoice', 'First Invoice Overdue Notice', 'First Invoice Overdue Notice',
     '<p>Dear {$client_name},</p><p>Invoice #{$invoice_num} was due on {$invoice_date_due}.</p>'),
    ('invoice', 'Second Invoice Overdue Notice', 'Second Invoice Overdue Notice',
     '<p>Dear {$client_name},</p><p>Invoice #{$invoice_num} was due on {$invoice_date_due}.</p>'),
    ('invoice', 'Third Invoice Overdue Notice', 'Third Invoice Overdue Notice',
     '<p>Dear {$client_name},</p><p>Invoice #{$invoice_num} was due on {$invoice_date_due}.</p>'),
    ('invoice', 'Invoice Refund Confirmation', 'Invoice Refund Confirmation',
     '<p>Dear {$client_name},</p><p>A payment of invoice #{$invoice_num} has been refunded.</p>'),
    ('support', 'Support Ticket Auto Close Notification', 'Support Ticket Resolved',
     '<p>Your ticket {$ticket_id} has been closed.</p>');
-- What `SendEmail` refuses to send.
INSERT INTO email_templates (type, name, subject, message, custom, disabled) VALUES
    ('general', 'Old Newsletter', 'News', '<p>Dear {$client_name},</p><p>here is what happened.</p>', 1, 1);
INSERT INTO email_templates (id, type, name, subject, message) VALUES
    (101, 'admin', 'Automatic Setup Failed', 'Automatic Setup Failed',
     '<p>Service {$service_id} could not be set up: {$error}</p>'),
    (102, 'admin', 'New Order Notification', 'New Order', '<p>Order {$order_id} has been placed.</p>'),
    (103, 'admin', 'Support Ticket Change Notification', 'Ticket Changed',
     '<p>Ticket {$ticket_id} has been changed.</p>');

INSERT INTO admin_sessions (admin_id, logintime, lastvisit, ipaddress) VALUES
    (1, datetime(@now, '-5 minutes'), datetime(@now), '127.0.0.1');
