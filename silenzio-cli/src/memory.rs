//! The memory that the program took.

/// The peak memory of the program so far, in bytes, if Linux reports it.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Prints the peak memory for people.
pub fn print_peak_memory() {
    if let Some(bytes) = peak_memory_bytes() {
        outln!("memory      {} at most", indicatif::DecimalBytes(bytes));
    }
}
