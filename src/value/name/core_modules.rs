//! The names of Node's core modules, as recorded from `validate-npm-package-name` 7.0.2.
//!
//! A new package may not have one of these names ([N2](crate::docs::rules#n2)).

/// The names, in lower case, sorted by length.
const CORE_MODULES: &[&str] = &[
    "fs",
    "os",
    "v8",
    "vm",
    "dns",
    "net",
    "sys",
    "tls",
    "tty",
    "url",
    "http",
    "path",
    "repl",
    "util",
    "wasi",
    "zlib",
    "dgram",
    "http2",
    "https",
    "assert",
    "buffer",
    "crypto",
    "domain",
    "events",
    "module",
    "stream",
    "timers",
    "cluster",
    "console",
    "process",
    "node:sea",
    "punycode",
    "readline",
    "_tls_wrap",
    "constants",
    "inspector",
    "node:test",
    "path/posix",
    "path/win32",
    "perf_hooks",
    "stream/web",
    "util/types",
    "_http_agent",
    "_tls_common",
    "async_hooks",
    "fs/promises",
    "node:sqlite",
    "querystring",
    "_http_client",
    "_http_common",
    "_http_server",
    "_stream_wrap",
    "dns/promises",
    "trace_events",
    "assert/strict",
    "child_process",
    "_http_incoming",
    "_http_outgoing",
    "_stream_duplex",
    "string_decoder",
    "worker_threads",
    "stream/promises",
    "timers/promises",
    "_stream_readable",
    "_stream_writable",
    "stream/consumers",
    "_stream_transform",
    "readline/promises",
    "inspector/promises",
    "_stream_passthrough",
    "diagnostics_channel",
    "node:test/reporters",
];

/// Returns the core module with this name, ignoring case.
pub(super) fn core_module(text: &str) -> Option<&'static str> {
    let first = CORE_MODULES.partition_point(|module| module.len() < text.len());
    let same_length = CORE_MODULES.iter().skip(first).take_while(|module| module.len() == text.len());
    same_length.copied().find(|module| module.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::{CORE_MODULES, core_module};

    #[test]
    fn every_module_is_found_in_any_case_and_no_other_name_is() {
        assert!(CORE_MODULES.is_sorted_by_key(|module| module.len()));
        for module in CORE_MODULES {
            assert_eq!(core_module(module), Some(*module));
            assert_eq!(core_module(&module.to_ascii_uppercase()), Some(*module));
            assert_eq!(core_module(&alloc::format!("{module}-")), None);
            assert_eq!(core_module(module.get(1..).unwrap()), None, "{module}");
        }
        assert_eq!(core_module(""), None);
    }
}
