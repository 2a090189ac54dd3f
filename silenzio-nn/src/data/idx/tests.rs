use super::array::Array;
use super::*;
use crate::data::samples::Samples;
use ndarray::array;
use proptest::prelude::*;

fn file(dimensions: &[u32], elements: &[u8]) -> Vec<u8> {
    let header = [0, 0, 8, dimensions.len() as u8];
    let dimensions = dimensions.iter().flat_map(|d| d.to_be_bytes());
    header.into_iter().chain(dimensions).chain(elements.iter().copied()).collect()
}

fn read(images: &[u8], labels: &[u8]) -> Result<Samples, IdxError> {
    to_samples(&parse_images(images)?, Some(&parse_labels(labels)?))
}

#[test]
fn images_are_flattened_row_by_row() {
    let images = file(&[2, 2, 3], &[1, 2, 3, 4, 5, 6, 255, 0, 0, 0, 0, 9]);
    assert_eq!(images[..4], [0, 0, 8, 3]);
    let samples = read(&images, &file(&[2], &[7, 3])).unwrap();
    assert_eq!(samples.inputs, array![[1., 2., 3., 4., 5., 6.], [255., 0., 0., 0., 0., 9.]]);
    assert_eq!(samples.labels, ["7", "3"]);
    assert_eq!(samples.features[..4], ["pixel_0_0", "pixel_0_1", "pixel_0_2", "pixel_1_0"]);
}

#[test]
fn images_may_have_any_number_of_dimensions() {
    assert_eq!(read(&file(&[1, 3], &[1, 2, 3]), &file(&[1], &[0])).unwrap().inputs, array![[1., 2., 3.]]);
    let colours = read(&file(&[1, 1, 1, 3], &[1, 2, 3]), &file(&[1], &[0])).unwrap();
    assert_eq!(colours.features, ["pixel_0_0_0", "pixel_0_0_1", "pixel_0_0_2"]);
}

#[test]
fn sizes_are_checked_against_the_file() {
    let claims = |dimensions: &[u32], elements: &[u8]| Array::parse(&file(dimensions, elements)).map(|_| ());
    assert_eq!(claims(&[2, 2], &[1; 4]), Ok(()));
    assert!(matches!(claims(&[2, 2], &[1; 3]), Err(IdxError::Truncated { expected: 4, found: 3, .. })));
    assert!(matches!(claims(&[2, 2], &[1; 5]), Err(IdxError::TrailingBytes { expected: 4, found: 5, .. })));
    assert!(matches!(claims(&[u32::MAX; 3], &[1]), Err(IdxError::Truncated { .. })));
    assert!(matches!(claims(&[u32::MAX; 255], &[1]), Err(IdxError::Truncated { expected: u128::MAX, .. })));
    assert!(matches!(claims(&[0, 5], &[]), Err(IdxError::NoElements { .. })));
    assert!(matches!(claims(&[], &[1]), Err(IdxError::NoElements { .. })));
    assert_eq!(Array::parse(&[0, 0, 8, 3, 0, 0]), Err(IdxError::TruncatedHeader { expected: 16, found: 6 }));
    assert_eq!(Array::parse(&[0, 0, 13, 1]), Err(IdxError::ElementType { found: 13 }));
    assert_eq!(Array::parse(&[0, 0]), Err(IdxError::NotIdx));
}

#[test]
fn images_and_labels_have_to_fit() {
    let (images, labels) = (file(&[2, 1, 1], &[1, 2]), file(&[2], &[0, 1]));
    assert_eq!(read(&labels, &labels).unwrap_err(), IdxError::NotImages);
    assert_eq!(read(&images, &images).unwrap_err(), IdxError::NotLabels { found: 3 });
    assert_eq!(
        read(&images, &file(&[3], &[0, 1, 1])).unwrap_err(),
        IdxError::LabelCount { labels: 3, images: 2 }
    );
    let huge = file(&[1, 1 << 21], &vec![0; 1 << 21]);
    assert!(matches!(read(&huge, &labels), Err(IdxError::TooManyPixels { .. })));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        mut images in prop::collection::vec(any::<u8>(), 0..200),
        mut labels in prop::collection::vec(any::<u8>(), 0..40),
        rank in 0u8..5,
    ) {
        let _ = read(&images, &labels);
        // Most random bytes fail at the magic number, so set it.
        for (bytes, rank) in [(&mut images, rank), (&mut labels, 1)] {
            bytes.splice(..bytes.len().min(4), [0, 0, 8, rank]);
        }
        let _ = read(&images, &labels);
    }

    #[test]
    fn damaged_files_never_panic(length in 0usize..28, position in 0usize..28, bit in 0u32..8) {
        let valid = file(&[3, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        let labels = file(&[3], &[0, 1, 2]);
        let mut flipped = valid.clone();
        flipped[position] ^= 1u8 << bit;
        prop_assert_eq!(read(&flipped, &labels).is_ok(), position >= 16);
        prop_assert!(read(&valid[..length], &labels).is_err());
        let _ = read(&valid, &labels[..length.min(labels.len())]);
    }
}
