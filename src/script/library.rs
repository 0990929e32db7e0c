//! Every function that scripts can call, handed to the engine.

use std::sync::Arc;

use rhai::Module;

use crate::script::api::{self, connection, pages, upsert};
use crate::script::bulk::{self, counter, skip};
use crate::script::check::refusals::refused;
use crate::script::csv::writer::Writers;
use crate::script::engine::sources::Sources;
use crate::script::engine::{Factory, Library, memory, mixed, never_equal};
use crate::script::gather::{self, gathered};
use crate::script::host::Host;
use crate::script::value::{in_place, joining, not_kept, order, record, remainder};
use crate::script::{arguments, arrays, data, exit, lists, planned, test_bench};

static LIBRARY: Library = Library {
    shared,
    parallel,
    refused,
    given: test_bench::given,
};

/// Makes engines that know all our functions and reach the world through `host`.
pub(crate) fn factory(host: Arc<Host>) -> Factory {
    Factory::new(host, &LIBRARY)
}

fn parallel(factory: &Factory) -> Vec<Module> {
    vec![bulk::module(factory), gather::module(factory)]
}

fn shared(host: &Arc<Host>, writers: &Writers, sources: &Arc<Sources>) -> Module {
    let mut module = Module::new();
    api::register(&mut module, host);
    counter::register(&mut module);
    skip::register(&mut module);
    memory::register(&mut module);
    mixed::register(&mut module);
    never_equal::register(&mut module);
    joining::register(&mut module, sources);
    order::register(&mut module);
    remainder::register(&mut module);
    in_place::register(&mut module);
    planned::register(&mut module);
    not_kept::register(&mut module);
    connection::register(&mut module, host);
    data::register(&mut module, host, writers, sources);
    arguments::register(&mut module);
    arrays::register(&mut module);
    lists::register(&mut module);
    exit::register(&mut module, host);
    gathered::register(&mut module);
    pages::register(&mut module, host);
    upsert::register(&mut module, host);
    record::register(&mut module, sources);
    test_bench::register(&mut module, host);
    module
}
