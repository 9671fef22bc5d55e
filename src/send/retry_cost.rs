//! What a retry takes from the budget that all calls of a client share.

use crate::client::Client;

/// What the last retry took from the budget. It returns to the budget if the call is dropped before the retry has failed.
pub(super) struct RetryCost {
    pub(super) client: Client,
    pub(super) taken: Option<u32>,
}

impl RetryCost {
    pub(super) fn give_back(&mut self) {
        if self.taken.is_some() {
            self.client.shared().budget.give_back(self.taken.take());
        }
    }
}

impl Drop for RetryCost {
    fn drop(&mut self) {
        self.give_back();
    }
}
