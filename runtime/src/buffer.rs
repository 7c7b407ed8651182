//! Buffers that are reused from one invocation to the next.

/// Gives memory back of which the last use needed but a part; `used` counts its items.
///
/// A buffer that goes on being used keeps its size: pages that are given back have to be faulted
/// in again.
pub fn shrink<T>(buffer: &mut Vec<T>, used: usize) {
    const KEPT_BYTES: usize = 1024 * 1024;
    let kept = KEPT_BYTES / size_of::<T>();
    if buffer.capacity() > kept && used < buffer.capacity() / 4 {
        buffer.clear();
        buffer.shrink_to(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_is_kept_while_it_is_used_and_given_back_after() {
        let mut buffer: Vec<u64> = Vec::with_capacity(1 << 20);
        shrink(&mut buffer, 1 << 19);
        assert_eq!(buffer.capacity(), 1 << 20);
        shrink(&mut buffer, 100);
        assert_eq!(buffer.capacity(), (1 << 20) / 8);
    }

    #[test]
    fn a_small_buffer_stays() {
        let mut buffer: Vec<u8> = Vec::with_capacity(4096);
        shrink(&mut buffer, 0);
        assert_eq!(buffer.capacity(), 4096);
    }
}
