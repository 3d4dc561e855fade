//! Runs a future that is always ready, by polling it.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

pub fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
