//! A control plane that is killed, at any point and any number of times, leaves what the next one finishes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;

/// Ends provisioning at the point with this number, and counts the points that were reached.
pub(super) fn kill_at(control: &Control, number: usize) -> Arc<AtomicUsize> {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    control.set_interrupt(Box::new(move |_| count.fetch_add(1, Ordering::SeqCst) == number));
    reached
}

/// How many points making and removing a tenant have.
async fn points(instance: &Instance) -> (usize, usize) {
    let control = instance.start().await;
    let reached = kill_at(&control, usize::MAX);
    let tenant = instance.tenant(&control, "measure").await;
    let making = reached.swap(0, Ordering::SeqCst);
    control.remove_tenant(&tenant.id).await.unwrap();
    provision::converge(&control, &tenant.id).await;
    instance.assert_gone(&tenant).await;
    (making, reached.load(Ordering::SeqCst))
}

/// Starts a control plane and lets it work on the tenant until it is killed at point `number`.
async fn run_until_killed(instance: &Instance, id: &TenantId, number: usize) {
    let control = instance.start().await;
    kill_at(&control, number);
    provision::converge(&control, id).await;
}

#[tokio::test]
async fn a_tenant_is_made_whole_after_a_kill_at_any_point() {
    let instance = Instance::new().await;
    let (points, _) = points(&instance).await;
    assert!(points > 20, "only {points} points");
    for number in 0..points {
        let tenant = instance.request(&instance.start().await, &format!("kill-{number}")).await;
        run_until_killed(&instance, &tenant.id, number).await;
        let control = instance.start().await;
        assert_ne!(
            control.tenant(tenant.id.as_str()).await.unwrap().unwrap().state,
            TenantState::Running,
            "killed at {number}, it is not said to run before it does again"
        );
        provision::converge(&control, &tenant.id).await;
        let tenant = control.tenant(tenant.id.as_str()).await.unwrap().unwrap();
        assert_eq!(tenant.state, TenantState::Running, "killed at {number}");
        instance.assert_whole(&tenant).await;
    }
}

#[tokio::test]
async fn a_tenant_is_removed_cleanly_after_a_kill_at_any_point() {
    let instance = Instance::new().await;
    let (_, points) = points(&instance).await;
    for number in 0..points {
        let control = instance.start().await;
        let tenant = instance.tenant(&control, &format!("kill-{number}")).await;
        assert!(control.remove_tenant(&tenant.id).await.unwrap());
        run_until_killed(&instance, &tenant.id, number).await;
        provision::converge(&instance.start().await, &tenant.id).await;
        instance.assert_gone(&tenant).await;
    }
}

/// Polls a future at most `left` times, then lets go of it.
async fn polled<T>(future: impl Future<Output = T>, mut left: usize) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Not only between statements: the server may be in the middle of one, and finish it after the kill.
#[tokio::test]
async fn a_kill_while_the_server_works_is_no_different() {
    let instance = Instance::new().await;
    for polls in (1..).step_by(3) {
        let tenant = instance.request(&instance.start().await, &format!("kill-{polls}")).await;
        let killed = instance.start().await;
        let has_finished = polled(provision::converge(&killed, &tenant.id), polls).await.is_some();
        drop(killed);
        let control = instance.start().await;
        let tenant = tokio::select! {
            tenant = control.ensure_tenant(tenant.slug.as_str()) => tenant.unwrap(),
            () = control.run_reconciler() => unreachable!("it runs for ever"),
        };
        instance.assert_made(&tenant).await;
        if has_finished {
            assert!(polls > 30, "only {polls} polls");
            return;
        }
    }
}

#[test]
fn any_series_of_kills_converges_and_repeating_changes_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let instance = runtime.block_on(Instance::new());
    let count = AtomicUsize::new(0);
    let config = ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() };
    let series =
        (prop::collection::vec(0usize..20, 1..5), any::<bool>(), prop::collection::vec(0usize..8, 0..3));
    TestRunner::new(config)
        .run(&series, |(kills, is_removed, removal_kills)| {
            let name = format!("series-{}", count.fetch_add(1, Ordering::SeqCst));
            runtime.block_on(async {
                let tenant = instance.request(&instance.start().await, &name).await;
                for number in kills {
                    run_until_killed(&instance, &tenant.id, number).await;
                }
                if is_removed {
                    instance.start().await.remove_tenant(&tenant.id).await.unwrap();
                    for number in removal_kills {
                        run_until_killed(&instance, &tenant.id, number).await;
                    }
                }
                let control = instance.start().await;
                provision::converge(&control, &tenant.id).await;
                provision::converge(&control, &tenant.id).await;
                match control.tenant(tenant.id.as_str()).await.unwrap() {
                    Some(tenant) => instance.assert_whole(&tenant).await,
                    None => instance.assert_gone(&tenant).await,
                }
                assert_eq!(control.tenant(tenant.id.as_str()).await.unwrap().is_none(), is_removed);
            });
            Ok(())
        })
        .unwrap();
}
