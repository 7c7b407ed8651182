//! `Allowance`: how long an invocation may take before it is interrupted.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time that something has, counted from its arrival.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Allowance {
    /// All the time it had: from its arrival to the service's deadline.
    pub had: Duration,
    /// The interruption: the deadline less the margin.
    pub interrupt_at: Instant,
    /// The service's deadline.
    ends_at: Instant,
}

impl Allowance {
    /// What is left of `time` from now on, without a margin.
    pub fn of(time: Duration) -> Self {
        let had = time.min(LONGEST);
        let end = Instant::now() + had;
        Self {
            had,
            interrupt_at: end,
            ends_at: end,
        }
    }

    /// What an event that arrives now has of the service's deadline, in milliseconds since the Unix
    /// epoch.
    ///
    /// `margin` is `MOONLAYER_TIMEOUT_MARGIN_MS`; unset, and where it leaves nothing of the time,
    /// it is a tenth of the time and at most half a second. `None`: the event has no deadline, one
    /// that is past already (emulators send 1970), or the margin is zero, which turns it off.
    pub fn until(deadline_ms: Option<i64>, margin: Option<Duration>) -> Option<Self> {
        let had = had(deadline_ms?, SystemTime::now())?;
        let now = Instant::now();
        Some(Self {
            had,
            interrupt_at: now + before_interruption(had, margin)?,
            ends_at: now + had,
        })
    }

    /// What is left for code that runs when the answer has been sent: the rest of the time before
    /// the interruption, or half of what is left before the deadline where that is later.
    pub fn afterwards(self) -> Self {
        let now = Instant::now();
        let half = now + self.ends_at.saturating_duration_since(now) / 2;
        Self {
            interrupt_at: self.interrupt_at.max(half),
            ..self
        }
    }
}

/// The time from `now` to the deadline; `None` when it is past.
fn had(deadline_ms: i64, now: SystemTime) -> Option<Duration> {
    let deadline = Duration::from_millis(deadline_ms.try_into().ok()?);
    let had = deadline.checked_sub(now.duration_since(UNIX_EPOCH).ok()?)?;
    (!had.is_zero()).then(|| had.min(LONGEST))
}

/// The time from the arrival to the interruption; `None` when the margin turns it off.
fn before_interruption(had: Duration, margin: Option<Duration>) -> Option<Duration> {
    let usual = (had / 10).min(Duration::from_millis(500));
    match margin {
        Some(Duration::ZERO) => None,
        Some(margin) if margin < had => Some(had - margin),
        _ => Some(had - usual),
    }
}

/// A deadline beyond this is as good as none, and every clock can still add it.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_795_198_525_123;

    fn had_at(deadline_ms: i64) -> Option<Duration> {
        had(deadline_ms, UNIX_EPOCH + Duration::from_millis(NOW_MS))
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_deadline_that_is_past_is_none() {
        for past in [i64::MIN, -1, 0, 600_000, NOW_MS as i64 - 1, NOW_MS as i64] {
            assert_eq!(had_at(past), None, "{past}");
        }
        assert_eq!(had_at(NOW_MS as i64 + 1), Some(ms(1)));
    }

    #[test]
    fn a_deadline_in_the_far_future_is_a_long_one() {
        assert_eq!(had_at(i64::MAX), Some(LONGEST));
        assert!(Allowance::until(Some(i64::MAX), None).is_some());
        assert_eq!(Allowance::of(Duration::MAX).had, LONGEST);
    }

    #[test]
    fn the_margin_is_a_tenth_and_at_most_half_a_second() {
        assert_eq!(before_interruption(ms(3000), None), Some(ms(2700)));
        assert_eq!(before_interruption(ms(5000), None), Some(ms(4500)));
        assert_eq!(before_interruption(ms(900_000), None), Some(ms(899_500)));
        assert_eq!(before_interruption(ms(1), None), Some(ms(1) * 9 / 10));
    }

    #[test]
    fn a_margin_of_zero_is_off_and_one_that_leaves_nothing_is_the_usual() {
        assert_eq!(before_interruption(ms(3000), Some(Duration::ZERO)), None);
        assert_eq!(
            before_interruption(ms(3000), Some(ms(1000))),
            Some(ms(2000))
        );
        for too_long in [ms(3000), ms(3001), ms(u64::MAX)] {
            assert_eq!(
                before_interruption(ms(3000), Some(too_long)),
                Some(ms(2700))
            );
        }
    }
}
