//! Projects as a caller sees them.

use crate::sandbox::store::Store;
use crate::sandbox::testing::{
    answer, change, column, count, is_complete, json, records, refuses, store,
};

fn with_project() -> Store {
    let store = store();
    let created = "title=Move&adminid=1&userid=3&created=2026-01-02&duedate=2026-02-03&ticketids=4,15&invoiceids=2";
    assert_eq!(
        json(&store, "CreateProject", created),
        r#"{"result":"success","message":"Project has been created","projectid":1}"#
    );
    store
}

fn settle(store: &Store) {
    change(
        store,
        "UPDATE projects SET lastmodified = '2026-01-02 03:04:05'",
    );
    change(
        store,
        "UPDATE project_tasks SET created = '2026-01-02 03:04:05'",
    );
    change(
        store,
        "UPDATE project_messages SET date = '2026-01-02 03:04:05'",
    );
}

#[test]
fn a_project_is_told_with_its_tasks_timers_and_messages() {
    let store = with_project();
    let task = "projectid=1&duedate=2026-01-20&task=Copy&notes=At+night&adminid=1";
    assert_eq!(
        json(&store, "AddProjectTask", task),
        r#"{"result":"success","message":"Task has been added"}"#
    );
    answer(
        &store,
        "AddProjectTask",
        "projectid=1&duedate=2026-01-21&task=Switch",
    );
    answer(
        &store,
        "StartTaskTimer",
        "projectid=1&timerid=1&start_time=1767326400&end_time=1767330000",
    );
    assert_eq!(
        json(&store, "AddProjectMessage", "projectid=1&message=Done"),
        r#"{"result":"success","message":"Message has been added"}"#
    );
    settle(&store);
    assert_eq!(
        json(&store, "GetProject", "projectid=1"),
        concat!(
            r#"{"result":"success","projectinfo":{"id":1,"userid":3,"title":"Move","attachments":"","#,
            r#""ticketids":"4,15","invoiceids":"2","notes":"","adminid":1,"status":"Pending","#,
            r#""created":"2026-01-02","duedate":"2026-02-03","completed":0,"lastmodified":"2026-01-02 03:04:05"},"#,
            r#""tasks":{"task":[{"id":1,"projectid":1,"task":"Copy","notes":"At night","adminid":1,"#,
            r#""created":"2026-01-02 03:04:05","duedate":"2026-01-20","completed":0,"billed":0,"order":1,"#,
            r#""timelogs":{"timelog":[{"id":1,"projectid":1,"taskid":1,"adminid":1,"start":1767326400,"#,
            r#""end":1767330000,"donotbill":0,"starttime":"2026-01-02 04:00:00","#,
            r#""endtime":"2026-01-02 05:00:00"}]}},"#,
            r#"{"id":2,"projectid":1,"task":"Switch","notes":"","adminid":0,"#,
            r#""created":"2026-01-02 03:04:05","duedate":"2026-01-21","completed":0,"billed":0,"order":2,"#,
            r#""timelogs":""}]},"messages":{"message":[{"id":1,"projectid":1,"date":"2026-01-02 03:04:05","#,
            r#""message":"Done","attachments":"","adminid":1}]}}"#
        )
    );
    is_complete("GetProject", &answer(&store, "GetProject", "projectid=1"));
    is_complete("GetProjects", &answer(&store, "GetProjects", ""));
}

#[test]
fn a_new_project_is_pending_and_due_the_day_it_began() {
    let store = store();
    answer(
        &store,
        "CreateProject",
        "title=A&adminid=1&created=2026-03-04",
    );
    settle(&store);
    assert_eq!(
        json(&store, "GetProjects", ""),
        concat!(
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"projects":[{"id":1,"userid":0,"#,
            r#""title":"A","ticketids":"","invoiceids":"","notes":"","adminid":1,"status":"Pending","#,
            r#""created":"2026-03-04","duedate":"2026-03-04","completed":0,"lastmodified":"2026-01-02 03:04:05","#,
            r#""watchers":""}]}"#
        )
    );
}

#[test]
fn only_what_is_sent_of_a_project_changes() {
    let store = with_project();
    settle(&store);
    let change = "projectid=1&status=In+Progress&completed=1&notes=Soon&ticketids=";
    assert_eq!(
        json(&store, "UpdateProject", change),
        r#"{"result":"success","message":"Project Has Been Updated"}"#
    );
    let sql = "SELECT COUNT(*) FROM projects WHERE status = 'In Progress' AND completed = 1 AND notes = 'Soon' \
               AND ticketids = '' AND invoiceids = '2' AND title = 'Move' AND userid = 3 AND duedate = '2026-02-03' \
               AND lastmodified > '2026-01-02 03:04:05'";
    assert_eq!(count(&store, sql), 1);
}

#[test]
fn projects_are_found_by_their_fields() {
    let store = with_project();
    answer(&store, "CreateProject", "title=Audit&adminid=2&completed=1");
    for (query, found) in [
        ("", vec!["1", "2"]),
        ("limitstart=1", vec!["2"]),
        ("userid=3", vec!["1"]),
        ("adminid=2", vec!["2"]),
        ("title=move", vec!["1"]),
        ("ticketids=15", vec!["1"]),
        ("ticketids=5", vec![]),
        ("invoiceids=2", vec!["1"]),
        ("created=2026-01-02", vec!["1"]),
        ("completed=1", vec!["2"]),
        ("completed=0", vec!["1"]),
        ("status=pending", vec!["1", "2"]),
        ("lastmodified=1999-01-01", vec![]),
    ] {
        let reply = answer(&store, "GetProjects", query);
        assert_eq!(column(&reply, "projects", "id"), found, "{query}");
    }
}

#[test]
fn a_task_is_changed_moved_and_deleted_with_its_timers() {
    let store = with_project();
    answer(&store, "CreateProject", "title=Other&adminid=1");
    answer(&store, "AddProjectTask", "projectid=1&task=Copy");
    answer(&store, "StartTaskTimer", "projectid=1&timerid=1");
    assert_eq!(
        json(
            &store,
            "UpdateProjectTask",
            "taskid=1&projectid=2&completed=1&duedate=2026-05-06"
        ),
        r#"{"result":"success","message":"Task has been updated"}"#
    );
    let other = answer(&store, "GetProject", "projectid=2");
    assert_eq!(column(&other, "tasks.task", "completed"), ["1"]);
    assert_eq!(column(&other, "tasks.task", "duedate"), ["2026-05-06"]);
    assert_eq!(column(&other, "tasks.task", "task"), ["Copy"]);
    let missing = [("projectid=1&taskid=1", "Task ID Not Found")];
    refuses(&store, "DeleteProjectTask", &missing);
    assert_eq!(
        json(&store, "DeleteProjectTask", "projectid=2&taskid=1"),
        r#"{"result":"success","message":"Task has been deleted"}"#
    );
    assert_eq!(count(&store, "SELECT COUNT(*) FROM project_timers"), 0);
    let left = answer(&store, "GetProject", "projectid=2");
    assert!(records(&left, "tasks.task").is_empty());
}

#[test]
fn a_timer_ends_by_its_own_number_or_by_its_tasks() {
    let store = with_project();
    for _ in 0..3 {
        answer(&store, "AddProjectTask", "projectid=1&task=x");
    }
    for task in ["timerid=3", "taskid=2"] {
        let start = format!("projectid=1&{task}&start_time=1767326400");
        answer(&store, "StartTaskTimer", &start);
    }
    let ended = |timer: i64| {
        let sql = format!("SELECT ended_at FROM project_timers WHERE id = {timer}");
        count(&store, &sql)
    };
    // Task 3 has timer 1, and no timer has the number 3.
    assert_eq!(
        json(&store, "EndTaskTimer", "timerid=3&end_time=1767330000"),
        r#"{"result":"success","message":"Timer Has Ended"}"#
    );
    assert_eq!((ended(1), ended(2)), (1_767_330_000, 0));
    answer(&store, "EndTaskTimer", "timerid=2&projectid=1");
    assert!(ended(2) > 1_767_326_400);
}

#[test]
fn what_is_missing_of_a_project_is_told_in_the_references_order() {
    let store = with_project();
    answer(&store, "AddProjectTask", "projectid=1&task=Copy");
    let gone = ("projectid=99", "Project ID Not Found");
    let cases = [
        ("userid=99", "Client ID Not Found"),
        ("title=x", "Admin ID not Set"),
        ("title=x&adminid=99", "Admin ID Not Found"),
        ("adminid=1", "Project Title is Required."),
    ];
    refuses(&store, "CreateProject", &cases);
    let cases = [
        ("", "Project ID Not Set"),
        gone,
        ("projectid=1&userid=99&adminid=99", "Client ID Not Found"),
        ("projectid=1&adminid=99", "Admin ID Not Found"),
    ];
    refuses(&store, "UpdateProject", &cases);
    refuses(&store, "GetProject", &cases[..2]);
    let cases = [
        ("", "Project ID not Set"),
        gone,
        ("projectid=1", "Message not Entered"),
        ("projectid=1&message=x&adminid=99", "Admin ID Not Found"),
    ];
    refuses(&store, "AddProjectMessage", &cases);
    answer(
        &store,
        "SetConfigurationValue",
        "setting=ActiveAddonModules&value=",
    );
    let cases = [("title=x&adminid=1", "Project Management is not active.")];
    refuses(&store, "CreateProject", &cases);
}

#[test]
fn what_is_missing_of_a_task_or_timer_is_told_in_the_references_order() {
    let store = with_project();
    answer(&store, "AddProjectTask", "projectid=1&task=Copy");
    let cases = [
        ("", "Project ID not Set"),
        ("projectid=99", "Project ID Not Found"),
        ("projectid=1&adminid=99", "Admin ID Not Found"),
        ("projectid=1", "A task description must be specified"),
    ];
    refuses(&store, "AddProjectTask", &cases);
    let cases = [
        ("", "Task ID is Required"),
        ("taskid=99&projectid=99", "Project ID Not Found"),
        ("taskid=99", "Task ID Not Found"),
        ("taskid=1&adminid=99", "Admin ID Not Found"),
    ];
    refuses(&store, "UpdateProjectTask", &cases);
    let cases = [
        ("", "Project ID is Required"),
        ("projectid=99", "Task ID is Required"),
        ("projectid=99&taskid=99", "Project ID Not Found"),
        ("projectid=1&taskid=99", "Task ID Not Found"),
    ];
    refuses(&store, "DeleteProjectTask", &cases);
    let cases = [
        ("", "Project ID is Required"),
        ("projectid=99", "Project ID Not Found"),
        ("projectid=1", "Timer ID Not Set"),
        ("projectid=1&timerid=99", "Timer ID Not Found"),
        ("projectid=1&timerid=1&adminid=99", "Admin ID Not Found"),
    ];
    refuses(&store, "StartTaskTimer", &cases);
    answer(&store, "StartTaskTimer", "projectid=1&timerid=1");
    let cases = [
        ("projectid=99", "Project ID Not Found"),
        ("", "Timer ID Not Set"),
        ("timerid=99", "Timer ID Not Found"),
        ("timerid=1&adminid=99", "Admin ID Not Found"),
    ];
    refuses(&store, "EndTaskTimer", &cases);
}
