//! Counters: a snapshot for people, and the living figures behind it, from one list of names.

macro_rules! counters {
    (
        $(#[$snapshot_doc:meta])*
        pub struct $snapshot:ident;
        $(#[$tally_doc:meta])*
        $vis:vis struct $tally:ident;
        $($(#[doc = $doc:literal])* $name:ident)*
    ) => {
        $(#[$snapshot_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct $snapshot {
            $($(#[doc = $doc])* pub $name: u64,)*
        }

        $(#[$tally_doc])*
        #[derive(Debug, Default)]
        $vis struct $tally {
            $($name: std::sync::atomic::AtomicU64,)*
        }

        impl $tally {
            $vis fn snapshot(&self) -> $snapshot {
                $snapshot { $($name: self.$name.load(std::sync::atomic::Ordering::Relaxed),)* }
            }

            $($vis fn $name(&self) {
                self.$name.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            })*
        }

        impl $snapshot {
            /// Every figure with its name and what it says, for whoever exports them.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + use<> {
                [$((stringify!($name), concat!($($doc),*), self.$name)),*].into_iter()
            }
        }
    };
}
pub(crate) use counters;
