-- The tables of those who run the host: staff and its log, mail, modules, tickets, projects.
-- Spelt as in schema.sql, which has the clients and what they buy.

CREATE TABLE admins (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, role_id INTEGER NOT NULL, username TEXT NOT NULL,
    firstname TEXT NOT NULL, lastname TEXT NOT NULL, email TEXT NOT NULL, signature TEXT NOT NULL DEFAULT '',
    departments TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT '', disabled INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);

CREATE TABLE departments (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, email TEXT NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL
);

CREATE TABLE email_templates (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL, message TEXT NOT NULL,
    custom INTEGER NOT NULL DEFAULT 0, disabled INTEGER NOT NULL DEFAULT 0, language TEXT NOT NULL DEFAULT ''
);

-- Every mail that a real server would have sent.
CREATE TABLE emails (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, subject TEXT NOT NULL, message TEXT NOT NULL,
    date TEXT NOT NULL, recipient TEXT NOT NULL, cc TEXT NOT NULL DEFAULT '', bcc TEXT NOT NULL DEFAULT '',
    attachments TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX emails_by_client ON emails (client_id);

CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, user_id INTEGER NOT NULL DEFAULT 0, admin_id INTEGER NOT NULL,
    date TEXT NOT NULL, description TEXT NOT NULL, username TEXT NOT NULL, ipaddress TEXT NOT NULL
);
CREATE INDEX activity_by_client ON activity (client_id);

-- permissions is a list with commas of what the role may do.
CREATE TABLE admin_roles (id INTEGER PRIMARY KEY, name TEXT NOT NULL, permissions TEXT NOT NULL);

-- The active modules that are neither gateways (payment_methods), registrars nor add-ons (a setting).
CREATE TABLE active_modules (type TEXT NOT NULL, module TEXT NOT NULL, PRIMARY KEY (type, module)) WITHOUT ROWID;

CREATE TABLE module_settings (
    type TEXT NOT NULL, module TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (type, module, name)
) WITHOUT ROWID;

-- What modules failed to do; service_type is service, domain or addon.
CREATE TABLE module_queue (
    id INTEGER PRIMARY KEY, service_type TEXT NOT NULL, service_id INTEGER NOT NULL, module TEXT NOT NULL,
    action TEXT NOT NULL, last_attempt TEXT NOT NULL, last_error TEXT NOT NULL, retries INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX module_queue_by_service ON module_queue (service_type, service_id);

-- Tickets and announcements.

-- Which statuses count as active, and which wait for staff.
CREATE TABLE ticket_statuses (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL COLLATE NOCASE UNIQUE, color TEXT NOT NULL,
    position INTEGER NOT NULL, is_active INTEGER NOT NULL, awaits_reply INTEGER NOT NULL
);

-- client_id 0 is a guest, who has name and email; admin names the staff who opened it;
-- merged_into is the ticket that has its messages now; service is S or D with an id.
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tid TEXT NOT NULL COLLATE NOCASE UNIQUE, c TEXT NOT NULL,
    deptid INTEGER NOT NULL, client_id INTEGER NOT NULL DEFAULT 0,
    userid INTEGER GENERATED ALWAYS AS (client_id) VIRTUAL, contactid INTEGER NOT NULL DEFAULT 0,
    requestor_id INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL COLLATE NOCASE DEFAULT '', cc TEXT NOT NULL DEFAULT '', date TEXT NOT NULL,
    subject TEXT NOT NULL COLLATE NOCASE, message TEXT NOT NULL, status TEXT NOT NULL COLLATE NOCASE DEFAULT 'Open',
    priority TEXT NOT NULL, admin TEXT NOT NULL DEFAULT '', lastreply TEXT NOT NULL, flag INTEGER NOT NULL DEFAULT 0,
    service TEXT NOT NULL DEFAULT '', markdown INTEGER NOT NULL DEFAULT 0,
    prevent_client_closure INTEGER NOT NULL DEFAULT 0, attachments_removed INTEGER NOT NULL DEFAULT 0,
    merged_into INTEGER NOT NULL DEFAULT 0
);
-- Each of these two holds all that a page is cut by, so that none but its own records are read.
CREATE INDEX tickets_by_lastreply ON tickets (lastreply, id, merged_into, deptid, status, subject);
CREATE INDEX tickets_by_status ON tickets (status, lastreply, id, merged_into, deptid);
CREATE INDEX tickets_by_client ON tickets (client_id);
CREATE INDEX tickets_by_date ON tickets (date);
CREATE INDEX tickets_by_email ON tickets (email);
CREATE INDEX tickets_by_flag ON tickets (flag);

-- userid is the client who wrote it; admin the staff.
CREATE TABLE ticket_replies (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ticket_id INTEGER NOT NULL, userid INTEGER NOT NULL DEFAULT 0,
    contactid INTEGER NOT NULL DEFAULT 0, requestor_id INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '', date TEXT NOT NULL, message TEXT NOT NULL, admin TEXT NOT NULL DEFAULT '',
    rating INTEGER NOT NULL DEFAULT 0, markdown INTEGER NOT NULL DEFAULT 0,
    attachments_removed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ticket_replies_by_ticket ON ticket_replies (ticket_id);

CREATE TABLE ticket_notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ticket_id INTEGER NOT NULL, admin TEXT NOT NULL, date TEXT NOT NULL,
    message TEXT NOT NULL, markdown INTEGER NOT NULL DEFAULT 0, attachments_removed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ticket_notes_by_ticket ON ticket_notes (ticket_id);

-- type is ticket, reply or note, relid which one; number makes the name unique on disk.
CREATE TABLE ticket_files (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, relid INTEGER NOT NULL, number INTEGER NOT NULL,
    filename TEXT NOT NULL, data BLOB NOT NULL
);
CREATE INDEX ticket_files_by_holder ON ticket_files (type, relid);

CREATE TABLE blocked_senders (email TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID;

CREATE TABLE predefined_categories (id INTEGER PRIMARY KEY, parentid INTEGER NOT NULL, name TEXT NOT NULL);
CREATE TABLE predefined_replies (
    id INTEGER PRIMARY KEY, catid INTEGER NOT NULL, name TEXT NOT NULL, reply TEXT NOT NULL
);

CREATE TABLE announcements (
    id INTEGER PRIMARY KEY AUTOINCREMENT, date TEXT NOT NULL, title TEXT NOT NULL, announcement TEXT NOT NULL,
    published INTEGER NOT NULL DEFAULT 0, parentid INTEGER NOT NULL DEFAULT 0, language TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);

-- Staff, automation and access.

CREATE TABLE admin_sessions (admin_id INTEGER PRIMARY KEY, logintime TEXT NOT NULL, lastvisit TEXT NOT NULL, ipaddress TEXT NOT NULL);

CREATE TABLE banned_ips (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ip TEXT NOT NULL, reason TEXT NOT NULL, expires TEXT NOT NULL
);

CREATE TABLE todo_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, date TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL,
    admin_id INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL COLLATE NOCASE, duedate TEXT NOT NULL
);

-- What each task of the daily automation did, a line a figure.
CREATE TABLE automation_log (
    id INTEGER PRIMARY KEY, ran_at TEXT NOT NULL, namespace TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL,
    value INTEGER NOT NULL
);
CREATE INDEX automation_log_by_moment ON automation_log (ran_at);

-- redirect_uri has one address a line.
CREATE TABLE oauth_credentials (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT NOT NULL, grant_type TEXT NOT NULL,
    scope TEXT NOT NULL, identifier TEXT NOT NULL UNIQUE, secret TEXT NOT NULL, service_id INTEGER NOT NULL,
    logo_uri TEXT NOT NULL, redirect_uri TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);

-- The project management add-on. Its userid is a client, whose projects outlive it, so no client_id.
CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT, userid INTEGER NOT NULL, title TEXT NOT NULL COLLATE NOCASE,
    ticketids TEXT NOT NULL, invoiceids TEXT NOT NULL, notes TEXT NOT NULL COLLATE NOCASE DEFAULT '',
    adminid INTEGER NOT NULL, status TEXT NOT NULL COLLATE NOCASE, created TEXT NOT NULL, duedate TEXT NOT NULL,
    completed INTEGER NOT NULL, lastmodified TEXT NOT NULL
);

CREATE TABLE project_tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, projectid INTEGER NOT NULL, task TEXT NOT NULL, notes TEXT NOT NULL,
    adminid INTEGER NOT NULL, created TEXT NOT NULL, duedate TEXT NOT NULL, completed INTEGER NOT NULL,
    billed INTEGER NOT NULL, position INTEGER NOT NULL
);
CREATE INDEX project_tasks_by_project ON project_tasks (projectid);

CREATE TABLE project_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, projectid INTEGER NOT NULL, date TEXT NOT NULL, message TEXT NOT NULL,
    adminid INTEGER NOT NULL
);
CREATE INDEX project_messages_by_project ON project_messages (projectid);

-- Moments in Unix seconds; ended_at is 0 while the timer runs.
CREATE TABLE project_timers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, projectid INTEGER NOT NULL, taskid INTEGER NOT NULL,
    adminid INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX project_timers_by_task ON project_timers (taskid);
