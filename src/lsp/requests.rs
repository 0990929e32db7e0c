//! Which feature answers which request.

use serde_json::{Value, json};

use super::actions::actions;
use super::diagnostics::found;
use super::view::View;
use super::workspace::{INVALID_PARAMS, REQUEST_FAILED, Refusal, Workspace};
use super::{
    colours, completion, definition, folding, formatting, hints, hover, lenses, outline,
    references, rename, signature,
};
use crate::script::format::WouldChange;

/// What the server can do, as the protocol writes it.
pub(super) fn capabilities(workspace: &Workspace) -> Value {
    json!({
        "positionEncoding": workspace.units.name(),
        "textDocumentSync": { "openClose": true, "change": 2, "save": true },
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        "codeLensProvider": {},
        "completionProvider": { "triggerCharacters": ["{", ",", " ", ".", ":", "\"", "/", "["] },
        "definitionProvider": true,
        "documentFormattingProvider": true,
        "documentHighlightProvider": true,
        "documentSymbolProvider": true,
        "foldingRangeProvider": true,
        "hoverProvider": true,
        "inlayHintProvider": true,
        "referencesProvider": true,
        "renameProvider": { "prepareProvider": true },
        "semanticTokensProvider": { "legend": colours::legend(), "full": true },
        "signatureHelpProvider": { "triggerCharacters": ["(", ",", "{", ":"] },
    })
}

/// The answer to a request about a document; nothing if no feature answers it.
pub(super) fn answer(
    workspace: &Workspace,
    method: &str,
    params: &Value,
) -> Option<Result<Value, Refusal>> {
    let of_document: fn(&View<'_>, &Value) -> Result<Value, Refusal> = match method {
        "textDocument/codeAction" => |view, params| {
            let document = view.workspace.documents.get(view.uri);
            let known = document.and_then(|document| document.found.as_ref());
            Ok(match known {
                Some(found) => actions(view, found, params),
                None => actions(view, &found(view.workspace, view.uri, view.text), params),
            })
        },
        "textDocument/codeLens" => |view, _| Ok(lenses::lenses(view)),
        "textDocument/documentSymbol" => |view, _| Ok(outline::symbols(view)),
        "textDocument/foldingRange" => |view, _| Ok(folding::ranges(view)),
        "textDocument/formatting" => |view, _| {
            let edits = formatting::edits(view.text, view.workspace.units);
            edits.map_err(|WouldChange| {
                let why = "cannot format: more than spacing would change";
                (REQUEST_FAILED, why.into())
            })
        },
        "textDocument/inlayHint" => |view, params| Ok(hints::hints(view, params)),
        "textDocument/semanticTokens/full" => |view, _| Ok(colours::tokens(view)),
        _ => return at_place(workspace, method, params),
    };
    Some(View::asked(workspace, params).and_then(|view| of_document(&view, params)))
}

/// The answer to a request about a place of a document.
fn at_place(workspace: &Workspace, method: &str, params: &Value) -> Option<Result<Value, Refusal>> {
    let of_place: fn(&View<'_>, usize, &Value) -> Result<Value, Refusal> = match method {
        "textDocument/completion" => |view, at, params| {
            let is_asked = params.pointer("/context/triggerKind") != Some(&json!(2));
            Ok(completion::items(view, at, is_asked))
        },
        "textDocument/definition" => |view, at, _| Ok(definition::definition(view, at)),
        "textDocument/documentHighlight" => |view, at, _| Ok(references::highlights(view, at)),
        "textDocument/hover" => |view, at, _| Ok(hover::hover(view, at)),
        "textDocument/prepareRename" => |view, at, _| rename::prepare(view, at),
        "textDocument/references" => |view, at, params| {
            let is_complete = params.pointer("/context/includeDeclaration");
            let is_complete = is_complete != Some(&Value::Bool(false));
            Ok(references::references(view, at, is_complete))
        },
        "textDocument/rename" => |view, at, params| match params["newName"].as_str() {
            Some(new) => rename::rename(view, at, new),
            None => Err((INVALID_PARAMS, "a `newName` is missing".to_owned())),
        },
        "textDocument/signatureHelp" => |view, at, _| Ok(signature::help(view, at)),
        _ => return None,
    };
    Some(View::asked(workspace, params).and_then(|view| {
        let at = workspace.place(view.text, &params["position"])?;
        of_place(&view, at, params)
    }))
}
