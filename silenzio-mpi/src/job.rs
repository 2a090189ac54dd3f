//! The thread that calls MPI.

use crate::communicator::Answer;
use mpi::Threading;
use mpi::request::{self, LocalScope};
use mpi::topology::{Process, SimpleCommunicator};
use mpi::traits::{Communicator as _, Destination as _, Source as _};
use silenzio_nn::communicator::CommunicationError;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// The size of the chunks in which messages are sent, in bytes.
const CHUNK_BYTES: usize = 8 << 20;

/// The time for which the thread sleeps between two polls of a request: steps take seconds, and workers need the cores.
const POLL: Duration = Duration::from_micros(200);

/// The place of this process in the job.
pub(crate) struct Joined {
    pub(crate) rank: usize,
    pub(crate) size: usize,
}

/// A request to the thread that calls MPI.
pub(crate) enum Request {
    Send { to: usize, message: Vec<u8>, answer: Answer<()> },
    Receive { from: usize, answer: Answer<Vec<u8>> },
    Abort { code: i32 },
    Finish,
}

/// Joins the job, reports that, and serves requests until it is told to finish.
pub(crate) fn serve(
    timeout: Duration,
    joined: &Sender<Result<Joined, CommunicationError>>,
    requests: &Receiver<Request>,
) {
    let Some((universe, _)) = mpi::initialize_with_threading(Threading::Funneled) else {
        let problem = "MPI has been initialised before".to_owned();
        let _ = joined.send(Err(CommunicationError::Transport(problem)));
        return;
    };
    let job = Job { world: universe.world(), timeout, requests };
    let (rank, size) = (job.world.rank().unsigned_abs() as usize, job.world.size().unsigned_abs() as usize);
    let _ = joined.send(Ok(Joined { rank, size }));
    while let Ok(request) = requests.recv() {
        match request {
            Request::Send { to, message, answer } => {
                let sent = job.send(to, &message, &answer);
                let _ = answer.send(sent);
            }
            Request::Receive { from, answer } => {
                let received = job.receive(from, &answer);
                let _ = answer.send(received);
            }
            Request::Abort { code } => job.world.abort(code),
            Request::Finish => return,
        }
    }
}

struct Job<'a> {
    world: SimpleCommunicator,
    timeout: Duration,
    requests: &'a Receiver<Request>,
}

impl Job<'_> {
    /// Sends the length, then the message.
    fn send(&self, to: usize, message: &[u8], answer: &Answer<()>) -> Result<(), CommunicationError> {
        let process = self.process(to)?;
        let length = (message.len() as u64).to_le_bytes();
        for chunk in std::iter::once(&length[..]).chain(message.chunks(CHUNK_BYTES)) {
            request::scope(|scope| {
                self.complete(to, answer, process.immediate_send(scope, chunk));
            });
        }
        Ok(())
    }

    fn receive(&self, from: usize, answer: &Answer<Vec<u8>>) -> Result<Vec<u8>, CommunicationError> {
        let process = self.process(from)?;
        let mut length = [0; size_of::<u64>()];
        request::scope(|scope| {
            self.complete(from, answer, process.immediate_receive_into(scope, &mut length[..]));
        });
        let mut message = vec![0; u64::from_le_bytes(length) as usize];
        for chunk in message.chunks_mut(CHUNK_BYTES) {
            request::scope(|scope| {
                self.complete(from, answer, process.immediate_receive_into(scope, chunk));
            });
        }
        Ok(message)
    }

    fn process(&self, rank: usize) -> Result<Process<'_>, CommunicationError> {
        let number = i32::try_from(rank).ok().filter(|rank| (0..self.world.size()).contains(rank));
        number.map(|rank| self.world.process_at_rank(rank)).ok_or(CommunicationError::Gone { rank })
    }

    /// Polls a request until it is done. If the other rank does not respond in time, the answer is an error, and the buffer must
    /// stay where it is: nothing can be done but end the job.
    fn complete<'s, D: ?Sized, T>(
        &self,
        rank: usize,
        answer: &Answer<T>,
        mut request: request::Request<'s, D, &LocalScope<'s>>,
    ) {
        let began = Instant::now();
        loop {
            request = match request.test() {
                Ok(_) => return,
                Err(pending) => pending,
            };
            if began.elapsed() > self.timeout {
                let _ = answer.send(Err(CommunicationError::Silent { rank, waited: self.timeout }));
                self.wait_for_the_end();
            }
            thread::sleep(POLL);
        }
    }

    /// Waits for the request to end the job, or until nobody can send one, and ends it.
    fn wait_for_the_end(&self) -> ! {
        loop {
            match self.requests.recv() {
                Ok(Request::Abort { code }) => self.world.abort(code),
                Ok(Request::Send { .. } | Request::Receive { .. }) => {}
                Ok(Request::Finish) | Err(_) => self.world.abort(1),
            }
        }
    }
}
