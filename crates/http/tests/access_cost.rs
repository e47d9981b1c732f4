//! What noting a request costs: no memory, whether it gets a line or not.

#![allow(unsafe_code, reason = "counting what is allocated takes an allocator")]
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use kiavi_base::{RequestClass, RequestId, SeededRng};
use kiavi_http::{Access, AccessLog, AccessOptions, PeerClass, RequestLines};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the rules of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn access() -> Access<'static> {
    Access {
        at: "2026-11-26T17:00:00.5Z".parse().unwrap(),
        id: RequestId::new(jiff::Timestamp::UNIX_EPOCH, &SeededRng::new(1)),
        class: RequestClass::SessionCheck,
        method: "GET",
        route: "/api/auth/get-session",
        status: 200,
        took: Duration::from_micros(15),
        bytes: Some(312),
        peer: PeerClass::Proxied,
        client: "2001:db8::1".parse().unwrap(),
    }
}

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn noting_a_request_allocates_nothing() {
    let (silent, access) = (AccessLog::silent(), access());
    assert_eq!(allocations(|| (0..10_000).for_each(|_| silent.note(&access))), 0);
}

#[test]
fn a_line_allocates_nothing_once_its_buffer_has_grown() {
    let options = AccessOptions {
        lines: RequestLines::All,
        has_networks: true,
        is_json: true,
        ..AccessOptions::default()
    };
    let (log, access) = (AccessLog::new(options), access());
    // Less than a page, so that nothing is written meanwhile.
    (0..12).for_each(|_| log.note(&access));
    log.flush();
    assert_eq!(allocations(|| (0..12).for_each(|_| log.note(&access))), 0);
}
