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
    /// Messages to one rank and from another, at the same time, or one of them. The answer is the one that came.
    Exchange(Exchange, Answer),
    Abort(i32),
    Finish,
}

/// The message to send, and the rank to receive one from.
pub(crate) struct Exchange {
    pub(crate) send: Option<(usize, Vec<u8>)>,
    pub(crate) receive: Option<usize>,
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
            Request::Exchange(exchange, answer) => {
                let exchanged = job.exchange(&exchange, &answer);
                let _ = answer.send(exchanged);
            }
            Request::Abort(code) => job.world.abort(code),
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
    /// Sends and receives the length, then the message in chunks.
    fn exchange(&self, exchange: &Exchange, answer: &Answer) -> Result<Vec<u8>, CommunicationError> {
        let Exchange { send, receive } = exchange;
        let to = send.as_ref().map(|(to, _)| self.process(*to)).transpose()?;
        let from = receive.map(|from| self.process(from)).transpose()?;
        let sent = send.as_ref().map_or(&[][..], |(_, message)| message);
        let length = (sent.len() as u64).to_le_bytes();
        let mut received_length = [0; size_of::<u64>()];
        self.exchange_chunk(
            to.as_ref().map(|to| (to, &length[..])),
            from.as_ref().map(|from| (from, &mut received_length[..])),
            answer,
        );
        let mut received = vec![0; u64::from_le_bytes(received_length) as usize];
        let (mut out, mut into) = (sent.chunks(CHUNK_BYTES), received.chunks_mut(CHUNK_BYTES));
        loop {
            let (out, into) = (to.as_ref().zip(out.next()), from.as_ref().zip(into.next()));
            if out.is_none() && into.is_none() {
                break;
            }
            self.exchange_chunk(out, into, answer);
        }
        Ok(received)
    }

    fn exchange_chunk(
        &self,
        send: Option<(&Process<'_>, &[u8])>,
        receive: Option<(&Process<'_>, &mut [u8])>,
        answer: &Answer,
    ) {
        request::scope(|scope| {
            let sending = send.map(|(to, chunk)| (to.rank(), to.immediate_send(scope, chunk)));
            let receiving =
                receive.map(|(from, chunk)| (from.rank(), from.immediate_receive_into(scope, chunk)));
            if let Some((to, request)) = sending {
                self.complete(to, answer, request);
            }
            if let Some((from, request)) = receiving {
                self.complete(from, answer, request);
            }
        });
    }

    fn process(&self, rank: usize) -> Result<Process<'_>, CommunicationError> {
        let number = i32::try_from(rank).ok().filter(|rank| (0..self.world.size()).contains(rank));
        number.map(|rank| self.world.process_at_rank(rank)).ok_or(CommunicationError::Gone { rank })
    }

    /// Polls a request until it is done. If the other rank does not respond in time, the answer is an error, and the buffer must
    /// stay where it is: nothing can be done but end the job.
    fn complete<'s, D: ?Sized>(
        &self,
        rank: i32,
        answer: &Answer,
        mut request: request::Request<'s, D, &LocalScope<'s>>,
    ) {
        let began = Instant::now();
        loop {
            request = match request.test() {
                Ok(_) => return,
                Err(pending) => pending,
            };
            if began.elapsed() > self.timeout {
                let rank = rank.unsigned_abs() as usize;
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
                Ok(Request::Abort(code)) => self.world.abort(code),
                Ok(Request::Exchange(..)) => {}
                Ok(Request::Finish) | Err(_) => self.world.abort(1),
            }
        }
    }
}
