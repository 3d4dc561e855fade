//! Counts allocations while enabled. While disabled, it costs a load and a branch for each allocation.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

// Thread-local and without a destructor, so that reading them takes one instruction.
thread_local! {
    static COUNTING: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<Count> = const { Cell::new(Count { times: 0, bytes: 0 }) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, with counting.
struct Counting;

fn count(bytes: usize) {
    if COUNTING.get() {
        let Count { times, bytes: before } = COUNT.get();
        COUNT.set(Count { times: times + 1, bytes: before + bytes as u64 });
    }
}

// SAFETY: every call is forwarded to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller upholds the contract of `GlobalAlloc`, which is also that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The number of allocations, including reallocations, and the bytes requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    pub times: u64,
    pub bytes: u64,
}

/// Returns the allocations of this thread while a function runs.
pub fn during(work: impl FnOnce()) -> Count {
    COUNT.set(Count { times: 0, bytes: 0 });
    COUNTING.set(true);
    work();
    COUNTING.set(false);
    COUNT.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_is_counted_and_none_is_not() {
        assert_eq!(during(|| drop(std::hint::black_box(Box::new(7_u64)))), Count { times: 1, bytes: 8 });
        assert_eq!(during(|| assert_eq!(std::hint::black_box(7), 7)), Count { times: 0, bytes: 0 });
    }
}
